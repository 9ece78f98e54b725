//! What the network sends ends up in logs: it must not forge lines there, nor command the terminal that shows them.

use std::fmt::Write;

/// Appends `text`, with control characters escaped as in JSON: `\n`, `\r`, `\t`, `\u001b`. So are those of Unicode that
/// break lines or turn the direction of what follows. A backslash stays as it is.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((at, control)) = rest.char_indices().find(|&(_, character)| is_control(character)) {
        out.push_str(&rest[..at]);
        match control {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                // A `String` takes all that is written to it.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
        }
        rest = &rest[at + control.len_utf8()..];
    }
    out.push_str(rest);
}

fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        escape(text, &mut out);
        out
    }

    #[test]
    fn text_stays() {
        for text in ["", "hello", "Grüße, 世界 🦀", r"C:\new"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn controls_become_visible() {
        assert_eq!(escaped("a\nb\r\n\tc\0"), r"a\nb\r\n\tc\u0000");
        assert_eq!(escaped("\u{1b}[31mred\u{7f}\u{85}"), r"\u001b[31mred\u007f\u0085");
        assert_eq!(escaped("line\u{2028}paragraph\u{2029}"), r"line\u2028paragraph\u2029");
        assert_eq!(escaped("\u{202e}drawkcab"), r"\u202edrawkcab");
    }
}
