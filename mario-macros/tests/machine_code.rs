//! Decoders and encoders have no way to panic: not in the source, and not in the machine code.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the symbols are called that a panic goes through.
const PANICS: [&str; 4] = ["panic", "_fail", "unwrap_", "expect_"];

#[test]
fn no_way_leads_to_a_panic() {
    let release = build();

    let codecs = codecs(&release);
    for function in ["decode_login", "encode_login", "decode_route", "decode_everything", "use_everything"] {
        assert!(codecs.contains(function), "{function} has been compiled");
    }
    assert_eq!(panics(&codecs), Vec::<&str>::new());

    let library = newest(&release.join("deps"), "mario_proto-");
    let names = ["7missing", "10missing_in"];
    let out_of_line: Vec<_> =
        functions(&library).filter(|body| names.iter().any(|name| label(body).contains(name))).collect();
    assert_eq!(out_of_line.len(), names.len(), "what errors go through has been compiled");
    for body in out_of_line {
        assert_eq!(panics(body), Vec::<&str>::new());
    }
}

/// Builds both crates, the library with its assembly, and gives the folder.
fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine_code");
    for (package, emit) in [("mario-macros", "link"), ("mario-proto", "asm,link")] {
        run(Command::new(env::var_os("CARGO").unwrap())
            .args(["rustc", "--quiet", "--release", "--lib", "--package", package, "--target-dir"])
            .arg(&folder)
            .args(["--config", "profile.release.lto='off'", "--config", "profile.release.debug=false"])
            .args(["--", "--emit", emit]));
    }
    folder.join("release")
}

/// The assembly of the representative packets, which know nothing but the two crates.
fn codecs(release: &Path) -> String {
    let macros = format!("{}mario_macros{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let assembly = release.join("packets.s");
    run(Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "asm"])
        .args(["-C", "opt-level=3", "-C", "codegen-units=1"])
        .arg("--extern")
        .arg(format!("mario_macros={}", release.join(macros).display()))
        .arg("--extern")
        .arg(format!("mario_proto={}", release.join("libmario_proto.rlib").display()))
        .arg("-L")
        .arg(format!("dependency={}", release.join("deps").display()))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine_code/packets.rs"))
        .arg("-o")
        .arg(&assembly));
    fs::read_to_string(assembly).unwrap()
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// The newest assembly of that name: a folder may hold those of other toolchains.
fn newest(folder: &Path, name: &str) -> String {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let assemblies = files.filter(|path| {
        path.extension().is_some_and(|extension| extension == "s")
            && path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name))
    });
    let newest = assemblies.max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).unwrap());
    fs::read_to_string(newest.expect("cargo has left the assembly")).unwrap()
}

/// The lines that refer to what panics; text and debug information, which directives hold, do not count.
fn panics(assembly: &str) -> Vec<&str> {
    let instructions = assembly.lines().map(str::trim).filter(|line| !line.starts_with('.'));
    instructions.filter(|line| PANICS.iter().any(|name| line.contains(name))).collect()
}

fn functions(assembly: &str) -> impl Iterator<Item = &str> {
    assembly.split("@function\n").skip(1)
}

fn label(body: &str) -> &str {
    body.lines().next().unwrap_or_default()
}
