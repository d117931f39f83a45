//! Drawings as form XObjects (ISO 32000-1, 8.10): their shapes stay shapes, sharp at every size.

use std::io::Write as _;

use invoice::Color;
use invoice::drawing::{Fill, Segment, Shape, Stroke};
use lopdf::{Dictionary, Object, Stream};

/// The content stream of shapes, not compressed.
pub(super) fn content(shapes: &[Shape]) -> Vec<u8> {
    let mut content = Vec::new();
    for shape in shapes {
        push_shape(&mut content, shape);
    }
    content
}

/// A form of a drawing's size, which fills the unit square as an image does.
pub(super) fn form((width, height): (f32, f32), compressed: Vec<u8>) -> Stream {
    let name = |name: &str| Object::Name(name.as_bytes().to_vec());
    let numbers = |numbers: &[f32]| Object::Array(numbers.iter().map(|number| Object::Real(*number)).collect());
    let mut dictionary = Dictionary::new();
    dictionary.set("Type", name("XObject"));
    dictionary.set("Subtype", name("Form"));
    dictionary.set("FormType", 1);
    dictionary.set("BBox", numbers(&[0.0, 0.0, width, height]));
    // The drawing's y runs downwards.
    dictionary.set("Matrix", numbers(&[1.0 / width, 0.0, 0.0, -1.0 / height, 0.0, 1.0]));
    dictionary.set("Resources", Dictionary::new());
    dictionary.set("Filter", name("FlateDecode"));
    Stream::new(dictionary, compressed).with_compression(false)
}

fn push_shape(content: &mut Vec<u8>, shape: &Shape) {
    let Some(operator) = painting(shape.fill, shape.stroke) else { return };
    content.extend_from_slice(b"q ");
    push(content, &shape.transform, "cm");
    if let Some(fill) = shape.fill {
        push(content, &parts(fill.color), "rg");
    }
    if let Some(stroke) = shape.stroke {
        push(content, &parts(stroke.color), "RG");
        push(content, &[stroke.width], "w");
        push(content, &[stroke.miter_limit.max(1.0)], "M");
        // Writing to a Vec cannot fail.
        let _ = write!(content, "{} J {} j ", stroke.cap, stroke.join);
    }
    for segment in &shape.segments {
        match segment {
            Segment::Move(to) => push(content, to, "m"),
            Segment::Line(to) => push(content, to, "l"),
            Segment::Curve(points) => push(content, points, "c"),
            Segment::Close => content.extend_from_slice(b"h "),
        }
    }
    let _ = writeln!(content, "{operator} Q");
}

/// The operator that paints a path (ISO 32000-1, table 60).
const fn painting(fill: Option<Fill>, stroke: Option<Stroke>) -> Option<&'static str> {
    match (fill, stroke) {
        (Some(Fill { is_even_odd: false, .. }), None) => Some("f"),
        (Some(Fill { is_even_odd: true, .. }), None) => Some("f*"),
        (Some(Fill { is_even_odd: false, .. }), Some(_)) => Some("B"),
        (Some(Fill { is_even_odd: true, .. }), Some(_)) => Some("B*"),
        (None, Some(_)) => Some("S"),
        (None, None) => None,
    }
}

/// Red, green and blue from 0 to 1.
fn parts(color: Color) -> [f32; 3] {
    [color.red, color.green, color.blue].map(|part| f32::from(part) / 255.0)
}

/// Numbers without exponents, which content streams do not know, and their operator.
fn push(content: &mut Vec<u8>, numbers: &[f32], operator: &str) {
    for number in numbers {
        let _ = write!(content, "{number} ");
    }
    let _ = write!(content, "{operator} ");
}
