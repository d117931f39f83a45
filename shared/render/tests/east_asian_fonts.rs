//! The fonts of East Asia, of rarer scripts and of symbols as files. The folder is the process's, so this is one test.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;

use render::{east_asian_fonts_in, uncovered_characters_of};

#[test]
fn they_are_read_from_the_folder_that_is_named() {
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("fonts");
    let folder = tempfile::tempdir().unwrap();
    let put = |font: &str, name: &str| fs::copy(fonts.join(font), folder.path().join(name)).unwrap();
    for entry in fs::read_dir(fonts.join("east-asian")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        put(&format!("east-asian/{name}"), &name);
    }
    fs::remove_file(folder.path().join("NotoSansKR-Regular.ttf")).unwrap();

    let error = east_asian_fonts_in(folder.path()).unwrap_err().to_string();
    assert!(error.contains("NotoSansKR-Regular.ttf"), "{error}");

    // A font of another script, so that it shows where glyphs come from.
    put("NotoSansThai-Regular.ttf", "NotoSansKR-Regular.ttf");
    east_asian_fonts_in(folder.path()).unwrap();
    assert_eq!(uncovered_characters_of("請求書 发票 송"), ['송']);
    assert!(east_asian_fonts_in(folder.path()).is_err(), "what was read already would stay");
}
