//! Others read the wire as we do: a C compiler's packed structs, and Python's `struct`.

use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mario_macros::Packet;
use mario_proto::{Framing, decode_packet, frame_to_vec};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[derive(Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Login {
    uid: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
#[mario(crate = mario_proto)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Packet)]
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
    k: u128,
    l: i128,
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
        k: 1 << 100,
        l: -(1 << 90),
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
}

/// Arbitrary values, read by a C program into its struct.
#[test]
fn packed_c_structs_read_packets() {
    let unsigned = any::<(u8, u16, u32, u64, u128)>();
    let signed = any::<(i8, i16, i32, i64, i128)>();
    let numbers = (unsigned, signed, any::<(f32, f64, bool)>());
    let others = (any::<([u16; 3], [i32; 6], bool, [u8; 6])>(), "[a-z]{0,12}");
    let (mut sent, mut expected) = (Vec::new(), String::new());
    for (((a, b, c, d, k), (e, f, g, h, l), (i, j, yes)), ((ports, at, red, address), name)) in
        samples((numbers, others))
    {
        let [at, left, right] = [[at[0], at[1]], [at[2], at[3]], [at[4], at[5]]].map(|[x, y]| Point { x, y });
        let corners = [left, right];
        let color = if red { Color::Red } else { Color::Blue };
        let (name, address) = (name.as_str(), &address);
        let packet =
            Everything { a, b, c, d, e, f, g, h, i, j, k, l, yes, name, ports, at, corners, color, address };
        sent.extend(&frame_to_vec(0, 0, &packet).unwrap()[8..]);

        let [i, j] = [hex(&i.to_le_bytes()), hex(&j.to_le_bytes())];
        let [p, q, r] = ports;
        let Point { x, y } = at;
        write!(expected, "{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k:032x} {l:032x} ").unwrap();
        write!(expected, "{} {name}: {p} {q} {r} {x} {y} ", u8::from(yes)).unwrap();
        write!(expected, "{} {} {} {} ", left.x, left.y, right.x, right.y).unwrap();
        writeln!(expected, "{} {}", color as u8, hex(address)).unwrap();
    }
    let read = ask(&mut Command::new(compile("reading.c")), sent);
    same_lines(&read, &expected);
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

impl Profile<'_> {
    /// The values of the fields, as `reading.py` prints them.
    fn told(&self) -> String {
        let text = |text: &str| hex(text.as_bytes());
        let listed = |items: Vec<String>| items.join(",");
        let option = |number: Option<u32>| number.map_or("none".to_owned(), |number| number.to_string());
        [
            self.id.to_string(),
            u8::from(self.active).to_string(),
            text(self.name),
            text(self.short),
            text(&self.long),
            self.port.to_string(),
            text(self.network),
            listed(self.numbers.iter().map(i64::to_string).collect()),
            listed(self.big.iter().map(u32::to_string).collect()),
            option(self.nothing),
            option(self.something),
            listed(self.words.iter().copied().map(text).collect()),
            self.level.to_string(),
            hex(&self.ratio.to_le_bytes()),
            hex(self.rest),
        ]
        .join(" ")
    }
}

/// Arbitrary values, and what becomes of them when a byte is another or the end is missing: Python accepts the same, and
/// reads the same from it.
#[test]
fn python_reads_and_refuses_alike() {
    if !has_python() {
        return;
    }
    let numbers = any::<(u32, bool, u16, Option<u32>, Option<u32>, i16, f32)>();
    let texts = [".{0,6}", ".{0,6}", ".{0,6}", ".{0,6}"];
    let lists =
        (vec(any::<i64>(), 0..4), vec(any::<u32>(), 0..4), vec(".{0,4}", 0..4), vec(any::<u8>(), 0..9));
    let change = any::<(bool, prop::sample::Index, u8)>();
    let (mut sent, mut expected) = (String::new(), String::new());
    for ((numbers, texts, (signed, big, words, rest)), (is_cut, at, byte)) in
        samples(((numbers, texts, lists), change))
    {
        let (id, active, port, nothing, something, level, ratio) = numbers;
        let [name, short, long, network] = &texts;
        let (long, words) = (long.clone(), words.iter().map(String::as_str).collect());
        let profile = Profile {
            id,
            active,
            name,
            short,
            long,
            port,
            network,
            numbers: signed,
            big,
            nothing,
            something,
            words,
            level,
            ratio,
            rest: &rest,
        };
        let bytes = frame_to_vec(0, 0, &profile).unwrap().split_off(8);
        let mut changed = bytes.clone();
        let at = at.index(bytes.len());
        if is_cut {
            changed.truncate(at);
        } else {
            changed[at] = byte % 4;
        }
        for bytes in [bytes, changed] {
            writeln!(sent, "{}", hex(&bytes)).unwrap();
            let told = decode_packet::<Profile<'_>>(&bytes).map(|profile| profile.told());
            writeln!(expected, "{}", told.unwrap_or("refused".to_owned())).unwrap();
        }
    }
    assert!(expected.contains("refused"));
    let read = ask(Command::new("python3").arg(folder().join("reading.py")), sent.into());
    same_lines(&read, &expected);
}

#[test]
fn python_reads_the_wire_alike() {
    if !has_python() {
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

fn has_python() -> bool {
    let has = Command::new("python3").arg("--version").output().is_ok();
    assert!(has || env::var_os("CI").is_none(), "CI installs python3");
    if !has {
        eprintln!("skipped, as there is no python3");
    }
    has
}

/// Arbitrary values, as many as a property is tried with.
fn samples<S: Strategy>(strategy: S) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::default();
    let count = runner.config().cases;
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn same_lines(read: &str, expected: &str) {
    assert_eq!(read.lines().count(), expected.lines().count());
    for (read, expected) in read.lines().zip(expected.lines()) {
        assert_eq!(read, expected);
    }
}

/// What a program prints that reads these bytes.
fn ask(command: &mut Command, bytes: Vec<u8>) -> String {
    let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = program.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = program.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
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
