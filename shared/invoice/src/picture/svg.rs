//! Scalable Vector Graphics (SVG 1.1): the part that draws shapes, without scripts, references to elsewhere, or effects.
//!
//! What a file holds is checked before it is resolved, and what it resolves to before it is ever drawn: the work that either
//! takes follows from limits, not from the file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, Node, NodeId, ParsingOptions};
use resvg::usvg::{self, ClipPath, Group, ImageHrefResolver, Options, Paint, Rect, Size, Tree};

use super::{Logo, LogoContent, LogoError};

/// A drawing of shapes, which are to be had as they are, or as pixels of any number.
#[derive(Clone)]
pub struct Drawing {
    pub(super) tree: Arc<Tree>,
}

/// The most bytes of a file.
const MOST_BYTES: usize = 512 * 1024;
/// The most nodes of its XML.
const MOST_NODES: u32 = 20_000;
/// The most elements within each other, `use` elements replaced by what they refer to.
const DEEPEST: usize = 64;
/// The most bytes of attributes that way.
const MOST_RESOLVED_BYTES: usize = 2 * 1024 * 1024;
/// The most pieces of paths.
const MOST_SEGMENTS: usize = 200_000;
/// How often the whole drawing may be painted over: each shape and each layer counts by its size.
const MOST_COVERAGE: f32 = 50.0;
/// How far shapes may reach beyond the drawing, in its own sizes: the arithmetic of pixels ends at some 32,000.
const FARTHEST: f32 = 8.0;
/// No coordinate before its transformation is greater.
const GREATEST: f32 = 1e7;
/// The most layers within each other.
const MOST_LAYERS: usize = 8;

/// The room that a drawing's pixels fill: 300 to an inch for the widest and the highest logo.
const ROOM: (f32, f32) = (2_008.0, 591.0);

/// The elements that are read; others of SVG say something that documents do not show.
const ELEMENTS: [&str; 21] = [
    "a",
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "g",
    "line",
    "linearGradient",
    "metadata",
    "path",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "style",
    "svg",
    "symbol",
    "title",
    "use",
];
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// Whether a file may be such a drawing, by its first character.
pub(super) fn is_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(crate::parse::BYTE_ORDER_MARK).unwrap_or(bytes);
    text.trim_ascii_start().starts_with(b"<")
}

pub(super) fn read(bytes: Vec<u8>) -> Result<Logo, LogoError> {
    if bytes.len() > MOST_BYTES {
        return Err(unusual(format!("it has more than {} KiB", MOST_BYTES / 1024)));
    }
    let tree = tree(&bytes)?;
    let (width, height) = pixels_in_room(tree.size());
    Ok(Logo { width, height, content: LogoContent::Drawing(Drawing { tree: Arc::new(tree) }), bytes })
}

fn tree(bytes: &[u8]) -> Result<Tree, LogoError> {
    let broken = |error: &dyn fmt::Display| LogoError::Broken(error.to_string());
    let text = std::str::from_utf8(bytes).map_err(|error| broken(&error))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    // Drawing programs write a document type; nothing outside of the file is read for it.
    let parsing = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES, entity_resolver: None };
    let document = Document::parse_with_options(text, parsing).map_err(|error| broken(&error))?;
    if !document.root_element().has_tag_name((NAMESPACE, "svg")) {
        return Err(LogoError::UnknownKind);
    }
    check_elements(&document)?;
    Resolved::new(&document).check()?;
    let nowhere = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver: nowhere, ..Options::default() };
    let tree = Tree::from_xmltree(&document, &options).map_err(|error| broken(&error))?;
    Effort::default().check(&tree)?;
    Ok(tree)
}

fn unusual(what: impl Into<String>) -> LogoError {
    LogoError::UnusualSvg(what.into())
}

/// Checks that nothing in the file acts, refers to elsewhere, or would be left out.
fn check_elements(document: &Document<'_>) -> Result<(), LogoError> {
    for node in document.descendants() {
        let is_style_sheet = node.pi().is_some_and(|instruction| instruction.target == "xml-stylesheet");
        if is_style_sheet {
            return Err(unusual("it names a style sheet"));
        }
        if !node.is_element() || node.tag_name().namespace() != Some(NAMESPACE) {
            continue;
        }
        check_element(node)?;
    }
    Ok(())
}

fn check_element(node: Node<'_, '_>) -> Result<(), LogoError> {
    let name = node.tag_name().name();
    if matches!(name, "text" | "tspan" | "textPath") {
        return Err(unusual("it has text: convert it to paths in the program that it was drawn with"));
    }
    if !ELEMENTS.contains(&name) {
        let shown: String = name.chars().take(40).collect();
        return Err(unusual(format!("it has an element <{shown}>, and only shapes are read")));
    }
    let text = if name == "style" { node.text().unwrap_or_default() } else { "" };
    if text.contains('@') || refers_elsewhere(text) {
        return Err(unusual("its style refers to elsewhere"));
    }
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        if key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) {
            return Err(unusual("it has a script"));
        }
        let is_link = key == "href" && name != "a" && !value.trim_start().starts_with('#');
        if is_link || refers_elsewhere(value) {
            return Err(unusual("it refers to another file or address"));
        }
    }
    Ok(())
}

/// Whether a style has a `url()` that is no reference within the file.
fn refers_elsewhere(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    let mut targets = lower.split("url(").skip(1);
    targets.any(|target| !target.trim_start_matches([' ', '\t', '\r', '\n', '"', '\'']).starts_with('#'))
}

/// The size of the file with each `use` element replaced by what it refers to.
struct Resolved<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    root: Node<'a, 'input>,
    known: HashMap<NodeId, (usize, usize)>,
}

impl<'a, 'input> Resolved<'a, 'input> {
    fn new(document: &'a Document<'input>) -> Self {
        let elements = document.descendants().filter(Node::is_element);
        let by_id = elements.filter_map(|node| Some((node.attribute("id")?, node))).collect();
        Self { by_id, root: document.root_element(), known: HashMap::new() }
    }

    fn check(mut self) -> Result<(), LogoError> {
        let root = self.root;
        let (bytes, depth) = self.measure(root, 0)?;
        if bytes > MOST_RESOLVED_BYTES || depth > DEEPEST {
            return Err(too_large());
        }
        Ok(())
    }

    /// The bytes and the depth of an element. What refers to itself is deeper than all that is allowed.
    fn measure(&mut self, node: Node<'a, 'input>, above: usize) -> Result<(usize, usize), LogoError> {
        if let Some(known) = self.known.get(&node.id()) {
            return Ok(*known);
        }
        if above > DEEPEST {
            return Err(too_large());
        }
        let own: usize = node.attributes().map(|attribute| attribute.value().len() + 16).sum();
        let (mut bytes, mut depth) = (own + 32, 0);
        let target = node.attributes().find(|attribute| attribute.name() == "href").map(|attribute| attribute.value());
        let target = target.and_then(|target| self.by_id.get(target.trim().trim_start_matches('#')).copied());
        let used = target.filter(|_| node.tag_name().name() == "use");
        for part in node.children().filter(Node::is_element).chain(used) {
            let (part_bytes, part_depth) = self.measure(part, above + 1)?;
            bytes = bytes.saturating_add(part_bytes);
            depth = depth.max(part_depth + 1);
        }
        self.known.insert(node.id(), (bytes, depth));
        Ok((bytes, depth))
    }
}

fn too_large() -> LogoError {
    unusual("it is too large or too deeply nested")
}

/// The work that painting a drawing takes.
#[derive(Default)]
struct Effort {
    segments: usize,
    coverage: f32,
    has_shape: bool,
}

impl Effort {
    fn check(mut self, tree: &Tree) -> Result<(), LogoError> {
        self.take_in(tree.root(), tree.size(), 0)?;
        if !self.has_shape {
            return Err(LogoError::Broken("it draws nothing".to_owned()));
        }
        Ok(())
    }

    fn take_in(&mut self, group: &Group, size: Size, layers: usize) -> Result<(), LogoError> {
        if !group.filters().is_empty() || group.mask().is_some() {
            return Err(unusual("it has a filter or a mask"));
        }
        let layers = layers + usize::from(group.should_isolate());
        if layers > MOST_LAYERS {
            return Err(too_large());
        }
        self.coverage += if group.should_isolate() { 1.0 } else { 0.0 };
        let mut clip = group.clip_path();
        while let Some(path) = clip {
            self.coverage += 1.0;
            self.take_in(path.root(), size, layers)?;
            clip = ClipPath::clip_path(path);
        }
        for child in group.children() {
            match child {
                usvg::Node::Group(group) => self.take_in(group, size, layers)?,
                usvg::Node::Path(path) => self.take_in_path(path, size)?,
                usvg::Node::Image(_) | usvg::Node::Text(_) => return Err(unusual("it has a picture or text")),
            }
            if self.segments > MOST_SEGMENTS || self.coverage > MOST_COVERAGE {
                return Err(unusual("it takes too much work to draw: simplify it"));
            }
        }
        Ok(())
    }

    fn take_in_path(&mut self, path: &usvg::Path, size: Size) -> Result<(), LogoError> {
        let paints = [path.fill().map(usvg::Fill::paint), path.stroke().map(usvg::Stroke::paint)];
        if paints.into_iter().flatten().any(|paint| matches!(paint, Paint::Pattern(_))) {
            return Err(unusual("it has a pattern"));
        }
        if path.stroke().is_some_and(|stroke| stroke.dasharray().is_some()) {
            return Err(unusual("it has dashed lines: convert them to paths in the program that it was drawn with"));
        }
        let bounds = path.abs_stroke_bounding_box();
        if !is_near(bounds, size) || !is_within(path.stroke_bounding_box(), GREATEST) {
            return Err(unusual("it has shapes far outside of it"));
        }
        self.coverage += (bounds.width() / size.width()).min(1.0) * (bounds.height() / size.height()).min(1.0);
        self.segments += path.data().len() + 1;
        self.has_shape |= path.is_visible();
        Ok(())
    }
}

/// Whether a shape lies in or about the drawing.
fn is_near(bounds: Rect, size: Size) -> bool {
    let (width, height) = (size.width(), size.height());
    let is_between = |low: f32, high: f32, side: f32| low >= -FARTHEST * side && high <= (FARTHEST + 1.0) * side;
    is_between(bounds.left(), bounds.right(), width) && is_between(bounds.top(), bounds.bottom(), height)
}

fn is_within(bounds: Rect, greatest: f32) -> bool {
    [bounds.left(), bounds.right(), bounds.top(), bounds.bottom()].into_iter().all(|one| one.abs() <= greatest)
}

/// As many pixels as fit the room, at least one to a side.
fn pixels_in_room(size: Size) -> (u32, u32) {
    let scale = (ROOM.0 / size.width()).min(ROOM.1 / size.height());
    (whole(size.width() * scale), whole(size.height() * scale))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length within the room")]
fn whole(length: f32) -> u32 {
    length.round().clamp(1.0, ROOM.0) as u32
}

impl Drawing {
    /// Draws it over `width` × `height` pixels, of at most 2,008 × 591: the colours of the pixels row by row from the upper
    /// left, and how opaque each is.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand pixels")]
    pub fn pixels(&self, width: u32, height: u32) -> (Vec<u8>, Vec<u8>) {
        let (width, height) = (width.clamp(1, whole(ROOM.0)), height.clamp(1, whole(ROOM.1)));
        let Some(mut pixmap) = Pixmap::new(width, height) else { return (vec![u8::MAX; 3], vec![0]) };
        let size = self.tree.size();
        let scale = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
        resvg::render(&self.tree, scale, &mut pixmap.as_mut());
        let pixels = pixmap.pixels().iter().map(|pixel| pixel.demultiply());
        let (mut colors, mut alpha) = (Vec::with_capacity(3 * pixels.len()), Vec::with_capacity(pixels.len()));
        for pixel in pixels {
            colors.extend([pixel.red(), pixel.green(), pixel.blue()]);
            alpha.push(pixel.alpha());
        }
        (colors, alpha)
    }
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drawing({} × {})", self.tree.size().width(), self.tree.size().height())
    }
}
