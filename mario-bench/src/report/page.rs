//! One self-contained HTML file: it loads nothing, and follows the reader's choice of light or dark.

use std::fmt;

/// Colours and layout.
const STYLE: &str = include_str!("style.css");

/// A value with its name.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

impl Figure {
    /// A value with its name.
    pub(crate) fn new(name: &'static str, value: impl fmt::Display) -> Figure {
        Figure { name, value: value.to_string() }
    }
}

/// A chart with what is written around it.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    /// How it is to be read, if that needs saying.
    pub(crate) note: String,
    /// The names of the series; a single one needs none.
    pub(crate) legend: Vec<String>,
    pub(crate) svg: String,
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) command: String,
    pub(super) machine: Vec<(&'static str, String)>,
    pub(super) figures: Vec<Figure>,
    pub(super) panels: Vec<Panel>,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = escape(&self.title);
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <header>\n<p class=\"tool\">mario-bench</p>\n<h1>{title}</h1>\n\
             <pre><code>{}</code></pre>\n</header>\n",
            escape(&self.command)
        )?;
        table(f, "figures", self.figures.iter().map(|figure| (figure.name, &figure.value)))?;
        for panel in &self.panels {
            write!(f, "{panel}")?;
        }
        writeln!(f, "<h2>The machine</h2>")?;
        table(f, "machine", self.machine.iter().map(|(name, value)| (*name, value)))?;
        f.write_str("</main>\n</body>\n</html>\n")
    }
}

fn table<'a>(
    f: &mut fmt::Formatter<'_>,
    class: &str,
    rows: impl Iterator<Item = (&'a str, &'a String)>,
) -> fmt::Result {
    writeln!(f, "<table class=\"{class}\">")?;
    for (name, value) in rows {
        writeln!(f, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape(name), escape(value))?;
    }
    writeln!(f, "</table>")
}

impl fmt::Display for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<figure>\n<figcaption>{}</figcaption>", escape(&self.title))?;
        if !self.note.is_empty() {
            writeln!(f, "<p class=\"note\">{}</p>", escape(&self.note))?;
        }
        if self.legend.len() > 1 {
            f.write_str("<ul class=\"legend\">")?;
            for (i, name) in self.legend.iter().enumerate() {
                write!(f, "<li class=\"s{i}\">{}</li>", escape(name))?;
            }
            f.write_str("</ul>\n")?;
        }
        writeln!(f, "{}</figure>", self.svg)
    }
}

/// Text as HTML and SVG have it.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_text_only() {
        let page = Page {
            title: "a <script> & b".into(),
            command: "mario-bench \"<b>\"".into(),
            machine: vec![],
            figures: vec![Figure::new("failures", "1 × <i>")],
            panels: vec![],
        };
        let html = page.to_string();
        assert!(html.contains("<h1>a &lt;script&gt; &amp; b</h1>"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<i>") && !html.contains("<script>"), "{html}");
    }
}
