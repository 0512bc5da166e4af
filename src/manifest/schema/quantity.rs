//! Quantities as Kubernetes writes them.

/// Reads a quantity: its value, and what stands behind the digits; none if it is not one.
///
/// Source: Kubernetes, `apimachinery/pkg/api/resource/quantity.go`.
pub(crate) fn quantity(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = unsigned
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(length);
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024f64,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            10f64.powi(digits.parse().ok()?)
        }
    };
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    Some((sign * number * factor, suffix))
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn quantities_have_a_value_and_a_suffix() {
        assert_eq!(quantity("500m"), Some((0.5, "m")));
        assert_eq!(quantity("1Gi"), Some((1_073_741_824.0, "Gi")));
        assert_eq!(quantity("1.5"), Some((1.5, "")));
        assert_eq!(quantity("1e3"), Some((1000.0, "e3")));
        for wrong in ["1gb", "1GB", "Gi", "", "1 Gi", "1gi", "1.2.3", "1e"] {
            assert_eq!(quantity(wrong), None, "{wrong}");
        }
    }
}
