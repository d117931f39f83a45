//! The shapes of a drawing that are of one colour each and cover what is under them.

use resvg::tiny_skia::{PathSegment, Transform};
use resvg::usvg::{self, FillRule, Group, LineCap, LineJoin, Paint, PaintOrder};

use super::svg::Drawing;
use crate::model::Color;

/// A shape, in units of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// From its units to those of the drawing: a, b, c, d, e and f of the matrix (SVG 1.1, section 7.4).
    pub transform: [f32; 6],
    /// Its outline.
    pub segments: Vec<Segment>,
    /// How its inside is painted.
    pub fill: Option<Fill>,
    /// How its outline is painted, over the inside.
    pub stroke: Option<Stroke>,
}

/// A piece of an outline, with x and y of its points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Begins an outline.
    Move([f32; 2]),
    /// A straight line.
    Line([f32; 2]),
    /// A cubic curve: two control points and its end.
    Curve([f32; 6]),
    /// A line back to where the outline began.
    Close,
}

/// How the inside is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// With which colour.
    pub color: Color,
    /// Whether what an outline goes round twice is outside.
    pub is_even_odd: bool,
}

/// How the outline is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// With which colour.
    pub color: Color,
    /// How wide, in units of the shape.
    pub width: f32,
    /// How lines end: 0 at their points, 1 round, 2 square.
    pub cap: u8,
    /// How lines meet: 0 in a point, 1 round, 2 cut.
    pub join: u8,
    /// From which ratio of length and width on a point is cut.
    pub miter_limit: f32,
}

impl Drawing {
    /// The width and the height of the drawing in its own units, y running downwards.
    #[must_use]
    pub fn size(&self) -> (f32, f32) {
        (self.tree.size().width(), self.tree.size().height())
    }

    /// Its shapes from the lowest to the uppermost; `None` where it has more than opaque ones of one colour each, and is
    /// only to be had as pixels.
    #[must_use]
    pub fn shapes(&self) -> Option<Vec<Shape>> {
        let mut shapes = Vec::new();
        take_in(self.tree.root(), &mut shapes)?;
        Some(shapes)
    }
}

fn take_in(group: &Group, shapes: &mut Vec<Shape>) -> Option<()> {
    if group.should_isolate() {
        return None;
    }
    for child in group.children() {
        match child {
            usvg::Node::Group(group) => take_in(group, shapes)?,
            usvg::Node::Path(path) if path.is_visible() => shapes.push(shape(path)?),
            usvg::Node::Path(_) => {}
            usvg::Node::Image(_) | usvg::Node::Text(_) => return None,
        }
    }
    Some(())
}

fn shape(path: &usvg::Path) -> Option<Shape> {
    let fill = match path.fill() {
        Some(fill) => Some(Fill {
            color: opaque(fill.paint(), fill.opacity().get())?,
            is_even_odd: fill.rule() == FillRule::EvenOdd,
        }),
        None => None,
    };
    let stroke = match path.stroke() {
        Some(stroke) => Some(self::stroke(stroke)?),
        None => None,
    };
    let is_usual = path.paint_order() == PaintOrder::FillAndStroke || fill.is_none() || stroke.is_none();
    let Transform { sx, ky, kx, sy, tx, ty } = path.abs_transform();
    is_usual.then(|| Shape { transform: [sx, ky, kx, sy, tx, ty], segments: segments(path.data()), fill, stroke })
}

fn stroke(stroke: &usvg::Stroke) -> Option<Stroke> {
    let cap = match stroke.linecap() {
        LineCap::Butt => 0,
        LineCap::Round => 1,
        LineCap::Square => 2,
    };
    let join = match stroke.linejoin() {
        LineJoin::Miter => 0,
        LineJoin::Round => 1,
        LineJoin::Bevel => 2,
        LineJoin::MiterClip => return None,
    };
    Some(Stroke {
        color: opaque(stroke.paint(), stroke.opacity().get())?,
        width: stroke.width().get(),
        cap,
        join,
        miter_limit: stroke.miterlimit().get(),
    })
}

fn opaque(paint: &Paint, opacity: f32) -> Option<Color> {
    match paint {
        Paint::Color(usvg::Color { red, green, blue }) if opacity >= 1.0 => {
            Some(Color { red: *red, green: *green, blue: *blue })
        }
        _ => None,
    }
}

fn segments(path: &resvg::tiny_skia::Path) -> Vec<Segment> {
    let mut segments = Vec::with_capacity(path.len());
    let mut from = [0.0, 0.0];
    for segment in path.segments() {
        segments.push(match segment {
            PathSegment::MoveTo(to) => Segment::Move([to.x, to.y]),
            PathSegment::LineTo(to) => Segment::Line([to.x, to.y]),
            PathSegment::QuadTo(control, to) => Segment::Curve(cubic(from, [control.x, control.y], [to.x, to.y])),
            PathSegment::CubicTo(one, two, to) => Segment::Curve([one.x, one.y, two.x, two.y, to.x, to.y]),
            PathSegment::Close => Segment::Close,
        });
        match segment {
            PathSegment::MoveTo(to)
            | PathSegment::LineTo(to)
            | PathSegment::QuadTo(_, to)
            | PathSegment::CubicTo(_, _, to) => from = [to.x, to.y],
            PathSegment::Close => {}
        }
    }
    segments
}

/// A quadratic curve as a cubic one: each control point is two thirds of the way to the one that it has.
fn cubic(from: [f32; 2], control: [f32; 2], to: [f32; 2]) -> [f32; 6] {
    let towards = |start: f32, control: f32| (control - start).mul_add(2.0 / 3.0, start);
    [
        towards(from[0], control[0]),
        towards(from[1], control[1]),
        towards(to[0], control[0]),
        towards(to[1], control[1]),
        to[0],
        to[1],
    ]
}
