//! Decoders and encoders have no way to panic in the machine code, nor one to end the process where there is no memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the symbols are called that a panic goes through.
const PANICS: [&str; 4] = ["panic", "_fail", "unwrap_", "expect_"];

/// The same for memory that can't be had: it is a panic, or the end of the process. The library's vectors come with ways
/// there, so that they are looked for in what the codecs call.
const NO_MEMORY: [&str; 5] =
    ["capacity_overflow", "handle_error", "handle_alloc_error", "grow_one", "do_reserve_and_handle"];

#[test]
fn no_way_leads_to_a_panic() {
    let release = build();

    let codecs = codecs(&release);
    for function in [
        "decode_login",
        "encode_login",
        "decode_route",
        "decode_owned",
        "encode_owned",
        "decode_network",
        "decode_rules",
        "decode_everything",
        "use_everything",
    ] {
        assert!(codecs.contains(function), "{function} has been compiled");
    }
    assert_eq!(panics(&codecs), Vec::<&str>::new());
    let own = functions(&codecs).filter(|body| !NO_MEMORY.iter().any(|name| label(body).contains(name)));
    assert_eq!(own.flat_map(out_of_memory).collect::<Vec<_>>(), Vec::<&str>::new());

    let library = newest(&release.join("deps"), "mario_proto-");
    let names = ["12wrong_length", "13first_missing"];
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

/// The lines that refer to what panics.
fn panics(assembly: &str) -> Vec<&str> {
    instructions(assembly).filter(|line| PANICS.iter().any(|name| line.contains(name))).collect()
}

/// The lines of a function that go where there is no memory.
fn out_of_memory(body: &str) -> impl Iterator<Item = &str> {
    instructions(body).filter(|line| NO_MEMORY.iter().any(|name| line.contains(name)))
}

/// The lines but for text and debug information, which directives hold.
fn instructions(assembly: &str) -> impl Iterator<Item = &str> {
    assembly.lines().map(str::trim).filter(|line| !line.starts_with('.'))
}

fn functions(assembly: &str) -> impl Iterator<Item = &str> {
    assembly.split("@function\n").skip(1)
}

fn label(body: &str) -> &str {
    body.lines().next().unwrap_or_default()
}
