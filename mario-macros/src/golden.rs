//! What the macros expand to, as files that a reader and a reviewer see: `tests/*_golden`.
//!
//! After a change of an expansion: `GOLDEN=overwrite cargo test -p mario-macros golden`, then read the difference.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{File, Item};

#[test]
fn packets_expand_as_their_golden_files() {
    compare("packet_golden", |item| crate::packet::derive(item.to_token_stream()));
}

#[test]
fn commands_expand_as_their_golden_files() {
    compare("command_golden", |item| match item {
        Item::Fn(mut function) => match function.attrs.pop() {
            Some(attribute) => {
                let id = attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default();
                crate::command::expand(id, function.to_token_stream())
            }
            None => function.to_token_stream(),
        },
        Item::Macro(list) => {
            let table = crate::commands::expand(list.mac.tokens);
            quote!(const TABLE: mario::Commands<Service> = #table;)
        }
        other => other.to_token_stream(),
    });
}

fn compare(folder: &str, expand: fn(Item) -> TokenStream) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut different = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name.ends_with(".expanded") {
            continue;
        }
        let file: File = syn::parse_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let expanded = syn::parse2(file.items.into_iter().map(expand).collect()).unwrap();
        let expanded = prettyplease::unparse(&expanded);
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
