//! Text that Windows wrote: UTF-16 with its mark.

/// Reads UTF-16 of either order; none if it does not begin with its byte order mark, or does not go on as it began.
pub(crate) fn of_utf16(bytes: &[u8]) -> Option<String> {
    let (mark, rest) = bytes.split_at_checked(2)?;
    let unit: fn([u8; 2]) -> u16 = match mark {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units = rest.chunks(2).map(|pair| pair.try_into().ok().map(unit));
    String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()
}
