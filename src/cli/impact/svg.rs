//! The drawing as SVG: it stands alone, and shows the same in a browser, in a wiki and on a forge.

use std::fmt::Write as _;

use super::picture::{Node, Picture, Role};
use crate::text::html::escaped;

/// Measures are in pixels at the usual size.
const LINE: usize = 18;
const PAD: usize = 10;
const GAP: usize = 14;
const BETWEEN_COLUMNS: usize = 70;
const MARGIN: usize = 20;
const HEAD: usize = 54;
/// A column of a monospaced letter of 12 pixels, in tenths of a pixel.
const LETTER: usize = 73;
/// A longer line loses its beginning: the end of a path tells more.
const LONGEST: usize = 64;

/// Where a box is.
struct Place {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// Returns the picture as a file.
pub(super) fn text(picture: &Picture, title: &str) -> String {
    let places = places(&picture.nodes);
    let right = places.iter().map(|it| it.x + it.width).max().unwrap_or(0);
    let bottom = places.iter().map(|it| it.y + it.height).max().unwrap_or(HEAD);
    let width = (right + MARGIN).max(MARGIN * 2 + columns(title) * LETTER * 15 / 120);
    let height = bottom + MARGIN;
    let title = escaped(title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<style>\n\
         text {{ font: 12px ui-monospace, monospace; fill: #1a1a1a; }}\n\
         text.title {{ font: 600 15px system-ui, sans-serif; }}\n\
         path {{ fill: none; stroke: #8a94a3; stroke-width: 1.4; }}\n\
         rect {{ fill: #fff; stroke: #8a94a3; }}\n\
         .changed {{ fill: #fff3d6; stroke: #c28a00; }}\n\
         .reached {{ fill: #fde2e0; stroke: #b3362b; }}\n\
         .untouched {{ fill: #f4f4f4; stroke: #c9c9c9; }}\n\
         </style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <polygon points=\"0,0 8,4 0,8\" fill=\"#8a94a3\"/></marker></defs>\n\
         <rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" style=\"stroke: none\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{title}</text>\n",
        MARGIN + 12
    );
    for (from, to) in &picture.arrows {
        arrow(&places[*from], &places[*to], &mut out);
    }
    for (node, place) in picture.nodes.iter().zip(&places) {
        draw(node, place, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn places(nodes: &[Node]) -> Vec<Place> {
    let count = nodes.iter().map(|it| it.column + 1).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let of_column = nodes.iter().filter(|it| it.column == column);
            let longest = of_column.flat_map(|it| &it.lines).map(|line| columns(&shortened(line)));
            longest.max().unwrap_or(0) * LETTER / 10 + 2 * PAD
        })
        .collect();
    let left = |column: usize| MARGIN + widths[..column].iter().map(|it| it + BETWEEN_COLUMNS).sum::<usize>();
    let mut next = vec![HEAD; count];
    nodes
        .iter()
        .map(|node| {
            let height = node.lines.len() * LINE + PAD;
            let y = next[node.column];
            next[node.column] += height + GAP;
            Place {
                x: left(node.column),
                y,
                width: widths[node.column],
                height,
            }
        })
        .collect()
}

fn arrow(from: &Place, to: &Place, out: &mut String) {
    let (x1, y1) = (from.x + from.width, from.y + from.height / 2);
    let (x2, y2) = (to.x, to.y + to.height / 2);
    let bend = BETWEEN_COLUMNS / 2;
    // writing to a string cannot fail, here and below
    let _ = writeln!(
        out,
        "<path d=\"M{x1},{y1} C{},{y1} {},{y2} {x2},{y2}\" marker-end=\"url(#tip)\"/>",
        x1 + bend,
        x2.saturating_sub(bend)
    );
}

fn draw(node: &Node, place: &Place, out: &mut String) {
    let class = match node.role {
        Role::Changed => " class=\"changed\"",
        Role::Between => "",
        Role::Reached => " class=\"reached\"",
        Role::Untouched => " class=\"untouched\"",
    };
    let Place { x, y, width, height } = place;
    let _ = writeln!(
        out,
        "<rect{class} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
    );
    for (number, line) in node.lines.iter().enumerate() {
        let (x, y) = (x + PAD, y + PAD / 2 + LINE * number + LINE * 3 / 4);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(&shortened(line)));
    }
}

fn shortened(line: &str) -> String {
    let count = line.chars().count();
    match count > LONGEST {
        true => format!("…{}", line.chars().skip(count + 1 - LONGEST).collect::<String>()),
        false => line.to_owned(),
    }
}

/// How wide a line is, in columns: letters beyond ASCII may be wide ones.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum()
}
