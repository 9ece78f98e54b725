//! What packets expand to, as files that a reader and a reviewer see: `tests/packet_golden`.
//!
//! After a change of the expansion: `GOLDEN=overwrite cargo test -p mario-macros golden`, then read the difference.

use std::path::Path;
use std::{env, fs};

use quote::ToTokens;
use syn::File;

#[test]
fn expansions_are_the_golden_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packet_golden");
    let mut different = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name.ends_with(".expanded") {
            continue;
        }
        let expanded = expand(&fs::read_to_string(&path).unwrap());
        let golden = folder.join(format!("{name}.expanded.rs"));
        if env::var_os("GOLDEN").is_some_and(|value| value == "overwrite") {
            fs::write(&golden, &expanded).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != expanded {
            different.push(format!("{name}:\n{expanded}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn expand(source: &str) -> String {
    let file: File = syn::parse_str(source).unwrap();
    let expanded = file.items.iter().map(|item| super::derive(item.to_token_stream())).collect();
    prettyplease::unparse(&syn::parse2(expanded).unwrap())
}
