//! SVG drawings as logos: shapes are drawn, all else is refused with a sentence, and no file takes long.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Limits, Logo, LogoContent, LogoError};
use proptest::prelude::*;

const HEAD: &str =
    r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 60 20">"#;

fn svg(inner: &str) -> Vec<u8> {
    format!("{HEAD}{inner}</svg>").into_bytes()
}

fn read(file: Vec<u8>) -> Result<Logo, LogoError> {
    Logo::read(file, &Limits::default())
}

/// The pixels of a drawing at 60 × 20.
fn pixels(inner: &str) -> (Vec<[u8; 3]>, Vec<u8>) {
    let logo = read(svg(inner)).unwrap_or_else(|error| panic!("{error}: {inner}"));
    let LogoContent::Drawing(drawing) = logo.content else { panic!("{inner}") };
    let (colors, alpha) = drawing.pixels(60, 20);
    assert_eq!((colors.len(), alpha.len()), (3 * 60 * 20, 60 * 20));
    (colors.as_chunks::<3>().0.to_vec(), alpha)
}

#[test]
fn shapes_become_pixels() {
    let (colors, alpha) = pixels(r##"<rect x="30" width="30" height="20" fill="#c82800"/>"##);
    let at = |x: usize, y: usize| (colors[60 * y + x], alpha[60 * y + x]);
    assert_eq!(at(45, 10), ([200, 40, 0], 255));
    assert_eq!(at(10, 10).1, 0, "where nothing is drawn the page shows");
}

#[test]
fn what_drawing_programs_write_is_read() {
    for inner in [
        // Styles of Illustrator, references, gradients, clips, and what Inkscape notes for itself.
        r##"<style>.a{fill:#c82800;stroke-dasharray:none}</style><path class="a" d="M0 0h60v20H0z"/>"##,
        r##"<defs><rect id="r" width="60" height="20"/></defs><use xlink:href="#r" fill="#c82800"/>"##,
        r##"<linearGradient id="g"><stop stop-color="#c82800"/><stop offset="1" stop-color="#c82800"/></linearGradient>
            <rect width="60" height="20" fill="url(#g)"/>"##,
        r##"<clipPath id="c"><rect width="60" height="20"/></clipPath><g clip-path="url('#c')"><circle r="90" fill="#c82800"/></g>"##,
        r##"<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
            <title>Logo</title><i:view xmlns:i="http://inkscape.example" onload="x"/><rect width="60" height="20" fill="#c82800"/>"##,
        r##"<symbol id="s"><rect width="60" height="20" fill="#c82800"/></symbol><use href="#s"/>"##,
    ] {
        let (colors, alpha) = pixels(inner);
        assert_eq!((colors[60 * 10 + 30], alpha[60 * 10 + 30]), ([200, 40, 0], 255), "{inner}");
    }
    let illustrator = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Generator -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \
         \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\" [ <!ENTITY ns \"http://ns.adobe.example/\"> ]>\n{HEAD}<g \
         xmlns:x=\"&ns;\"><path d=\"M0 0h60v20z\"/></g></svg>\n"
    );
    let logo = read(illustrator.into_bytes()).unwrap();
    assert_eq!((logo.media_type(), logo.width, logo.height), ("image/svg+xml", 1_773, 591));
}

#[test]
fn what_acts_or_refers_to_elsewhere_is_refused() {
    let rect = r#"<rect width="60" height="20"/>"#;
    for inner in [
        "<script>alert(1)</script>",
        r#"<rect width="60" height="20" onclick="alert(1)"/>"#,
        r#"<rect width="60" height="20" OnLoad="alert(1)"/>"#,
        r#"<image width="9" height="9" href="file:///etc/passwd"/>"#,
        r#"<image width="9" height="9" href="data:image/png;base64,iVBORw0KGgo="/>"#,
        r#"<use href="https://evil.example/a.svg#b"/>"#,
        r#"<use xlink:href="/etc/passwd"/>"#,
        r#"<rect width="9" height="9" fill="url(https://evil.example/#a)"/>"#,
        r#"<rect width="9" height="9" style="fill: URL( 'file:///etc/passwd' )"/>"#,
        "<style>@import 'https://evil.example/a.css';</style>",
        "<style>@font-face { src: url(#a) }</style>",
        "<style>rect { fill: url(https://evil.example) }</style>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>Hello</p></foreignObject>",
        "<animate attributeName='x'/>",
        "<set attributeName='x'/>",
        "<filter id='f'><feGaussianBlur stdDeviation='9'/></filter>",
        "<rect width='60' height='20' style='filter: blur(9px)'/>",
        "<mask id='m'><rect width='9' height='9'/></mask>",
        "<pattern id='p' width='1' height='1'><rect width='1' height='1'/></pattern>",
        "<marker id='m'/>",
        "<text x='1' y='9'>Harbour</text>",
        "<path d='M0 0h60' stroke='red' stroke-dasharray='0.0001'/>",
        "<sWitch/>",
    ] {
        let error = read(svg(&format!("{inner}{rect}"))).unwrap_err();
        assert!(matches!(error, LogoError::UnusualSvg(_)), "{inner}: {error}");
        assert_eq!(error.rule(), "logo");
    }
    let text = read(svg("<g><text>Harbour</text></g>")).unwrap_err().to_string();
    assert!(text.contains("convert it to paths"), "{text}");
    let sheet = format!("<?xml version='1.0'?><?xml-stylesheet href='https://evil.example/a.css'?>{HEAD}{rect}</svg>");
    assert!(read(sheet.into_bytes()).is_err());
    let outside = format!("<!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{HEAD}<desc>&e;</desc>{rect}</svg>");
    assert!(read(outside.into_bytes()).is_err());
}

#[test]
fn what_is_no_drawing_is_refused() {
    for file in
        ["<", "<svg", "<svg/>", "<html><script>alert(1)</script></html>", HEAD, "<!-- x -->", "<?xml version='1.0'?>"]
    {
        assert!(read(file.as_bytes().to_vec()).is_err(), "{file}");
    }
    for inner in
        ["", "<g/>", "<rect width='0' height='9'/>", "<path d='nothing'/>", "<defs><rect width='9' height='9'/></defs>"]
    {
        assert!(read(svg(inner)).is_err(), "{inner}");
    }
    assert!(read([b"<svg xmlns='http://www.w3.org/2000/svg'>\xff".as_slice(), b"</svg>"].concat()).is_err());
    for size in ["width='0' height='0'", "width='-5' height='9'", "viewBox='0 0 0 0'", "viewBox='0 0 nan 1'"] {
        let file = format!("<svg xmlns='http://www.w3.org/2000/svg' {size}><rect width='1' height='1'/></svg>");
        if let Ok(logo) = read(file.into_bytes()) {
            assert!(logo.width > 0 && logo.height > 0, "{size}");
        }
    }
}

/// This number of elements, each of which holds ten times the one before.
fn doubling(levels: usize) -> String {
    let mut inner = "<defs><path id='l0' d='M0 0h1v1z'/>".to_owned();
    for level in 1..=levels {
        let uses = format!("<use href='#l{}'/>", level - 1).repeat(10);
        inner.push_str(&format!("<g id='l{level}'>{uses}</g>"));
    }
    inner + &format!("</defs><use href='#l{levels}'/>")
}

#[test]
fn bombs_are_refused_before_they_are_lit() {
    let laughs = {
        let mut entities = "<!ENTITY a0 'ha'>".to_owned();
        for level in 1..12 {
            entities.push_str(&format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10)));
        }
        format!("<!DOCTYPE svg [{entities}]>{HEAD}<desc>&a11;</desc></svg>")
    };
    let chain: String = (0..5_000).map(|number| format!("<use id='u{number}' href='#u{}'/>", number + 1)).collect();
    let circle = "<use id='a' href='#b'/><g id='b'><use href='#a'/></g>";
    let gradients: String =
        (0..2_000).map(|number| format!("<linearGradient id='g{number}' href='#g{}'/>", number + 1)).collect();
    let clips: String = (0..500)
        .map(|number| {
            format!("<clipPath id='c{number}' clip-path='url(#c{})'><path d='M0 0h9v9z'/></clipPath>", number + 1)
        })
        .collect();
    let layers = format!("{}<rect width='60' height='20'/>{}", "<g opacity='0.9'>".repeat(40), "</g>".repeat(40));
    let deep = format!("{}<rect width='60' height='20'/>{}", "<g>".repeat(9_000), "</g>".repeat(9_000));
    let covered = "<rect width='60' height='20' fill='red'/>".repeat(5_000);
    let long = format!("<path id='p' d='M0 0{}'/>{}", "l1 1-1-1".repeat(30_000), "<use href='#p'/>".repeat(4));
    let far = "<path d='M0 0h1e6v1e6z'/>".to_owned();
    for inner in [
        doubling(8),
        chain,
        circle.to_owned(),
        format!("{clips}<rect width='60' height='20' clip-path='url(#c0)'/>"),
        layers,
        deep,
        covered,
        long,
        far,
    ] {
        assert!(read(svg(&inner)).is_err(), "{}", &inner[..100.min(inner.len())]);
    }
    assert!(read(laughs.into_bytes()).is_err());
    // Gradients that refer to each other in a chain are no harm, whatever becomes of them.
    drop(read(svg(&format!("{gradients}<rect width='60' height='20' fill='url(#g0)'/>"))));
    assert!(read(svg(&" ".repeat(600_000))).is_err());
}

/// The shape of its picture is the drawing's, within the room.
#[test]
fn every_shape_of_drawing_fits_the_room() {
    for (width, height, expected) in [
        ("60", "20", (1_773, 591)),
        ("10000", "1", (2_008, 1)),
        ("1", "10000", (1, 591)),
        ("1e-6", "1e-6", (591, 591)),
        ("1e6", "1e6", (591, 591)),
        ("40mm", "20mm", (1_182, 591)),
    ] {
        let file = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'><rect width='100%' height='100%'/></svg>"
        );
        match read(file.into_bytes()) {
            Ok(logo) => {
                assert_eq!((logo.width, logo.height), expected, "{width} × {height}");
                let LogoContent::Drawing(drawing) = logo.content else { panic!("{width}") };
                let (_, alpha) = drawing.pixels(logo.width, logo.height);
                assert_eq!(alpha.len(), (logo.width * logo.height) as usize);
            }
            Err(error) => assert!(width.starts_with("1e"), "{width}: {error}"),
        }
    }
}

/// The words of drawings, in which random ones are put together.
const WORDS: [&str; 28] = [
    "<g opacity='.5'>",
    "</g>",
    "<g transform='rotate(45 1e9 -3)'>",
    "<use href='#a'/>",
    "<g id='a'>",
    "<path d='M1e38 1e38L-1e38 0A1e30 1e-30 9 1 0 3 3z'/>",
    "<path d='M0 0C1 1 1e20 9 3 3z' stroke='red' stroke-width='1e9'/>",
    "<rect width='1e39' height='9'/>",
    "<circle r='30' cx='nan'/>",
    "<circle r='1e-9'/>",
    "<ellipse rx='9' ry='1e12'/>",
    "<polygon points='0,0 9 9 1e30,4'/>",
    "<polyline points='1'/>",
    "<line x2='9' stroke='url(#b)'/>",
    "<linearGradient id='b' x1='1e20' gradientTransform='scale(0)'><stop offset='-1'/><stop offset='9'/></linearGradient>",
    "<radialGradient id='b' r='0' fx='1e30'><stop stop-color='red'/></radialGradient>",
    "<rect width='9' height='9' fill='url(#b)'/>",
    "<clipPath id='c'>",
    "</clipPath>",
    "<rect width='9' height='9' clip-path='url(#c)'/>",
    "<style>*{fill:red}</style>",
    "<svg viewBox='0 0 1e-30 1' width='9'>",
    "</svg>",
    "<g style='isolation:isolate;mix-blend-mode:multiply'>",
    "<g transform='matrix(0 0 0 0 0 0)'>",
    "<path d='m'/>",
    "<path d='M0 0h1e-40v1e-40z' stroke='blue'/>",
    "<!--",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_drawing_panics(words in proptest::collection::vec(0..WORDS.len(), 1..14), cut in 0..400_usize) {
        let mut file = svg(&words.into_iter().map(|word| WORDS[word]).collect::<String>());
        if cut < 40 {
            file.truncate(file.len() - cut);
        }
        if let Ok(Logo { content: LogoContent::Drawing(drawing), width, height, .. }) = read(file) {
            let (colors, alpha) = drawing.pixels(width.min(90), height.min(90));
            prop_assert_eq!(colors.len(), 3 * alpha.len());
        }
    }
}
