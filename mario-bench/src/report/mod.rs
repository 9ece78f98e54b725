//! What a run tells: as JSON, as lines of text, and as a page to look at.
//!
//! | file | what it is |
//! | --- | --- |
//! | `output` | where the results of a command go |
//! | `page` | one self-contained HTML file: title, figures, charts, the machine |
//! | `lines`, `bars` | charts, drawn as SVG |
//! | `axis` | where a value lies in a chart, and which values are written beside it |

pub(crate) mod axis;
pub(crate) mod bars;
pub(crate) mod lines;
mod output;
mod page;

pub(crate) use output::{Output, Results};
pub(crate) use page::{Figure, Panel};
