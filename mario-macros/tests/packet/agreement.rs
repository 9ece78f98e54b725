//! Others read the wire as we do: a C compiler's packed structs, and Python's `struct`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use mario_macros::Packet;
use mario_proto::{Framing, decode_packet, frame_to_vec};

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
#[repr(u8)]
enum Color {
    Red = 1,
    Blue = 7,
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Everything<'a> {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: i8,
    f: i16,
    g: i32,
    h: i64,
    i: f32,
    j: f64,
    yes: bool,
    #[mario(c_text = 12)]
    name: &'a str,
    ports: [u16; 3],
    at: Point,
    corners: [Point; 2],
    color: Color,
    address: &'a [u8; 6],
}

#[test]
fn packed_c_structs_are_packets() {
    let sent = run(&mut Command::new(compile("original.c")));

    let (login, rest) = Framing::new(0x8eb6_9af7, 1500).split(&sent).unwrap().unwrap();
    assert_eq!((login.cmd, decode_packet(login.payload)), (0x6101, Ok(Login { uid: 10 })));

    let everything = Everything {
        a: 0xfe,
        b: 0xfedc,
        c: 0xfedc_ba98,
        d: 0xfedc_ba98_7654_3210,
        e: -2,
        f: -300,
        g: -70_000,
        h: -5_000_000_000,
        i: -1.5,
        j: 6.02e23,
        yes: true,
        name: "Mario",
        ports: [80, 443, 8082],
        at: Point { x: 1, y: -1 },
        corners: [Point { x: 2, y: 0 }, Point { x: 0, y: -2 }],
        color: Color::Blue,
        address: &[1, 2, 3, 4, 5, 6],
    };
    assert_eq!(frame_to_vec(0, 0, &everything).unwrap()[8..], *rest);
    assert_eq!(decode_packet(rest), Ok(everything));
    assert_ne!(Color::Red, Color::Blue);
}

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Profile<'a> {
    id: u32,
    active: bool,
    name: &'a str,
    #[mario(prefix = u8)]
    short: &'a str,
    #[mario(prefix = u32)]
    long: String,
    #[mario(big_endian)]
    port: u16,
    #[mario(big_endian)]
    network: &'a str,
    numbers: Vec<i64>,
    #[mario(big_endian)]
    big: Vec<u32>,
    nothing: Option<u32>,
    something: Option<u32>,
    words: Vec<&'a str>,
    level: i16,
    ratio: f32,
    #[mario(rest)]
    rest: &'a [u8],
}

#[test]
fn python_reads_the_wire_alike() {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(env::var_os("CI").is_none(), "CI installs python3");
        eprintln!("skipped, as there is no python3");
        return;
    }
    let sent = run(Command::new("python3").arg(folder().join("original.py")));
    let profile = Profile {
        id: 7,
        active: true,
        name: "Müller",
        short: "short",
        long: "long".to_owned(),
        port: 8082,
        network: "network",
        numbers: vec![-1, 2],
        big: vec![1, 2, 3],
        nothing: None,
        something: Some(99),
        words: vec!["one", "two"],
        level: -300,
        ratio: 0.25,
        rest: b"the rest",
    };
    assert_eq!(frame_to_vec(0, 0, &profile).unwrap()[8..], sent);
    assert_eq!(decode_packet(&sent), Ok(profile));
}

fn compile(source: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(source).with_extension("program");
    let target = format!("{}-unknown-{}-gnu", env::consts::ARCH, env::consts::OS);
    let compiler =
        cc::Build::new().target(&target).host(&target).opt_level(0).cargo_metadata(false).get_compiler();
    run(compiler.to_command().arg(folder().join(source)).arg("-o").arg(&program));
    program
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packet_layout")
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
