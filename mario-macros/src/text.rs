//! Code as text, as a user would write it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// The text of these tokens. The compiler keeps no spaces between the tokens that a macro gets: these are put where
/// rustfmt puts them.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut writer = Writer::default();
    writer.stream(tokens.to_token_stream());
    writer.text
}

/// What stands before the next token.
#[derive(Clone, Copy, Default, PartialEq)]
enum Before {
    /// Nothing, or what its operand follows at once: `&`, `-`, `..`, `::`, `(`.
    #[default]
    Prefix,
    /// A name, a number, or what is in brackets.
    Operand,
    /// What a space follows: `,`, `->`, a `+` between two.
    Space,
}

#[derive(Default)]
struct Writer {
    text: String,
    before: Before,
}

impl Writer {
    fn stream(&mut self, tokens: TokenStream) {
        let mut operator = String::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                    self.word(&format!(
                        "'{}",
                        tokens.next().map(|name| name.to_string()).unwrap_or_default()
                    ));
                }
                TokenTree::Punct(punct) => {
                    operator.push(punct.as_char());
                    let next = match tokens.peek() {
                        Some(TokenTree::Punct(next)) => next.as_char(),
                        _ => ' ',
                    };
                    if !OPERATORS.iter().any(|known| known.starts_with(&format!("{operator}{next}"))) {
                        self.operator(&operator);
                        operator.clear();
                    }
                }
                TokenTree::Group(group) => self.group(&group),
                word => self.word(&word.to_string()),
            }
        }
    }

    fn operator(&mut self, operator: &str) {
        let between = self.before == Before::Operand;
        match operator {
            "," | ";" | ":" => self.put(operator, Before::Space),
            "->" | "=>" | "=" | "|" => self.spaced(operator),
            "+" | "-" | "*" | "/" | "%" | "&" | "<<" | "==" if between => self.spaced(operator),
            ">" | "?" => self.put(operator, Before::Operand),
            _ => {
                if self.before == Before::Space {
                    self.text.push(' ');
                }
                self.put(operator, Before::Prefix);
            }
        }
    }

    fn spaced(&mut self, operator: &str) {
        self.text.push(' ');
        self.put(operator, Before::Space);
    }

    fn word(&mut self, word: &str) {
        if self.before != Before::Prefix {
            self.text.push(' ');
        }
        self.put(word, Before::Operand);
    }

    fn group(&mut self, group: &proc_macro2::Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        // Behind a name it is a call or an index; behind a lifetime, a type.
        let lifetime = self.text.rsplit([' ', '&', '<']).next().is_some_and(|word| word.starts_with('\''));
        let called = self.before == Before::Operand && group.delimiter() != Delimiter::Brace && !lifetime;
        if self.before != Before::Prefix && !called {
            self.text.push(' ');
        }
        self.put(open, Before::Prefix);
        self.stream(group.stream());
        self.put(close, Before::Operand);
    }

    fn put(&mut self, text: &str, then: Before) {
        self.text.push_str(text);
        self.before = then;
    }
}

/// Those of several characters: their characters are read as one.
const OPERATORS: [&str; 8] = ["->", "=>", "::", "..=", "..", "<<", "==", "..."];

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn code_is_written_as_by_rustfmt() {
        let samples = [
            "*const u32",
            "fn(u32, u8) -> u32",
            "&'a [u8]",
            "&'a mut str",
            "[u8; N + 1]",
            "List<'a, Folder<'a>>",
            "std::vec::Vec<(u16, u8)>",
            "-90.0..=90.0",
            "A as u8..B",
            "..LATEST",
            "18..",
            "limits::MIN - 1..=2 * limits::MAX",
            "dyn Fn(u32) + Send",
            "Self::is_valid",
            "max(1, 2)",
        ];
        for sample in samples {
            let tokens: proc_macro2::TokenStream = sample.parse().unwrap();
            assert_eq!(text(tokens), sample);
            let parsed = syn::parse_str::<syn::Type>(sample).map(text);
            assert_eq!(parsed.as_deref().unwrap_or(sample), sample);
        }
    }
}
