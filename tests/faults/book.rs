//! The book's table of faults names tests; here is seen that they exist.

use std::fs;
use std::path::Path;

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The tests that the table names, each with its file: the last column has files, each with its tests behind it.
fn named(chapter: &str) -> Vec<(String, String)> {
    let rows = chapter.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`: "));
    let mut named = Vec::new();
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit_once(" | ").expect("a row has columns").1;
        for part in tests.split("; ") {
            let (file, names) = part.split_once(": ").expect("a file has tests");
            let file = file.trim_matches('`');
            named.extend(names.split(", ").map(|name| (file.to_owned(), name.trim_matches('`').to_owned())));
        }
    }
    named
}

#[test]
fn each_test_in_the_table_exists() {
    let named = named(&read("book/src/faults.md"));
    assert!(named.len() > 40, "{named:?}");
    for (file, name) in named {
        assert!(read(&file).contains(&format!("#[test]\nfn {name}()")), "{file} has no test {name}");
    }
}

#[test]
fn each_test_of_a_fault_is_in_the_table() {
    let named = named(&read("book/src/faults.md"));
    for file in ["floods", "full_disk", "handlers", "slow_peers", "stopping"] {
        let file = format!("tests/faults/{file}.rs");
        for test in read(&file).split("#[test]\nfn ").skip(1) {
            let name = test.split('(').next().unwrap_or_default();
            assert!(named.iter().any(|one| *one == (file.clone(), name.to_owned())), "{file}: {name}");
        }
    }
}
