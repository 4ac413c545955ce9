//! Tables as Markdown and for the terminal.

use std::fmt::Write;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// As a document has it.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text += &line(&self.header);
        let rules = (0..self.header.len()).map(|column| if column == 0 { "---" } else { "--:" });
        text += &line(&rules.map(str::to_owned).collect::<Vec<_>>());
        self.rows.iter().for_each(|row| text += &line(row));
        text
    }

    /// In columns, the first to the left and figures to the right.
    pub(crate) fn aligned(&self) -> String {
        let mut text = format!("\n{}\n", self.title);
        let widths: Vec<usize> = (0..self.header.len()).map(|column| self.width(column)).collect();
        for row in std::iter::once(&self.header).chain(&self.rows) {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let cell = plain(cell);
                // Writing into a String cannot fail.
                let _ = if column == 0 { write!(text, "  {cell:<width$}") } else { write!(text, "  {cell:>width$}") };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = std::iter::once(&self.header).chain(&self.rows).filter_map(|row| row.get(column));
        cells.map(|cell| plain(cell).chars().count()).max().unwrap_or(0)
    }
}

/// Without Markdown's marks.
pub(crate) fn plain(text: &str) -> String {
    text.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        Table {
            title: "Load".to_owned(),
            header: row(&["server", "µs"]),
            rows: vec![row(&["**Presence**", "0.21 (0.20–0.23)"]), row(&["ws", "5.25"])],
        }
    }

    #[test]
    fn markdown_aligns_figures_to_the_right() {
        let expected =
            "### Load\n\n| server | µs |\n| --- | --: |\n| **Presence** | 0.21 (0.20–0.23) |\n| ws | 5.25 |\n";
        assert_eq!(table().markdown(), expected);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let expected =
            "\nLoad\n  server                  µs\n  Presence  0.21 (0.20–0.23)\n  ws                    5.25\n";
        assert_eq!(table().aligned(), expected);
    }
}
