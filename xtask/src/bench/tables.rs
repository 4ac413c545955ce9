//! The results as tables: one a load, a line a server, with what it is of Presence and of the kernel's limit.

use crate::bench::figures::{self, Figure};
use crate::bench::results::Results;
use crate::bench::row::{Load, Row, Server};
use crate::bench::statistics::{Summary, number, ratio};
use crate::bench::table::Table;

/// Where nothing was measured.
const NOTHING: &str = "–";
/// Behind the name of a row whose figures are the generator's.
const BOUND: &str = " ¹";
/// Behind the name of a row that others disturbed.
const DISTURBED: &str = " ²";
/// Waiting for more than this share of the time for a processor that somebody else has.
const DISTURBANCE: f64 = 0.1;
/// Who gathers and delivers less than this has spent the most on updates that a newer one replaced: what is left is
/// no price of a delivery.
const LEAST_DELIVERED: f64 = 0.5;

/// Tables of the loads that have results, in the order of the rows.
pub(crate) fn all(rows: &[Row], results: &Results) -> Vec<Table> {
    let mut loads: Vec<Load> = Vec::new();
    for row in rows.iter().filter(|row| results.has(&row.name())) {
        if !loads.contains(&row.load) {
            loads.push(row.load);
        }
    }
    loads.into_iter().map(|load| of(load, rows, results)).collect()
}

/// What is to be said below the tables.
pub(crate) fn remarks(rows: &[Row], results: &Results) -> Vec<String> {
    let mut remarks = Vec::new();
    if rows.iter().any(|row| is_bound(row, results)) {
        remarks.push("¹ The generator had no time left: what it could not count or send is missing.".to_owned());
    }
    if rows.iter().any(|row| is_disturbed(row, results)) {
        let text = "² Something else had the generator's processor for more than a tenth of the time: walls and \
                    latencies are not the server's.";
        remarks.push(text.to_owned());
    }
    remarks.extend(results.failures().map(|(row, error)| format!("{row} failed: {}", error.replace('\n', " "))));
    remarks
}

/// The rows of a load that have results.
pub(crate) fn measured<'rows>(load: Load, rows: &'rows [Row], results: &Results) -> Vec<&'rows Row> {
    rows.iter().filter(|row| row.load == load && results.has(&row.name())).collect()
}

pub(crate) fn summary(row: &Row, figure: Figure, results: &Results) -> Option<Summary> {
    if figure.is_ours && !row.server.is_presence() {
        return None;
    }
    Some(results.summary(&row.name(), figure.pointer)?.times(figure.factor))
}

fn of(load: Load, rows: &[Row], results: &Results) -> Table {
    let rows = measured(load, rows, results);
    let median = |row: &Row| Some(summary(row, figures::key(load), results)?.median);
    let is_ours = |row: &Row| row.server == Server::PresenceBinary && row.variant.is_empty();
    let presence = rows.iter().find(|row| is_ours(row)).and_then(|row| median(row));
    let limit = |row: &Row| median(rows.iter().find(|other| Some(other.server) == row.limit)?);
    // Ratios say something where there is somebody to compare with.
    let has_others = presence.is_some() && rows.iter().any(|row| !row.server.is_presence());
    let has_limits = rows.iter().any(|row| limit(row).is_some());

    let mut header = vec!["server".to_owned()];
    header.extend(figures::of(load).iter().map(|figure| figure.title.to_owned()));
    header.extend(has_others.then(|| "× Presence".to_owned()));
    header.extend(has_limits.then(|| "× raw".to_owned()));

    let line = |row: &&Row| {
        // Spreads of all figures would hide the figures; they stand in the single results.
        let text = |index, summary: Summary| if index == 0 { summary.text() } else { number(summary.median) };
        let cell = |(index, figure): (usize, &Figure)| {
            summary(row, *figure, results).map_or_else(nothing, |summary| text(index, summary))
        };
        let priced = median(row).filter(|_| has_price(row, results));
        let times = |base: Option<f64>| priced.zip(base).and_then(|(value, base)| ratio(value, base));
        let shown = |ratio: Option<f64>| ratio.map_or_else(nothing, number);
        let bound = if is_bound(row, results) { BOUND } else { "" };
        let disturbed = if is_disturbed(row, results) { DISTURBED } else { "" };
        let mut cells = vec![row.title() + bound + disturbed];
        cells.extend(figures::of(load).iter().enumerate().map(cell));
        cells.extend(has_others.then(|| shown(times(presence))));
        cells.extend(has_limits.then(|| shown(times(limit(row)))));
        cells
    };
    Table { title: load.title(), header, rows: rows.iter().map(line).collect() }
}

/// Whether its cost per delivery says what a delivery costs.
pub(crate) fn has_price(row: &Row, results: &Results) -> bool {
    let delivered = results.summary(&row.name(), "/delivered_share");
    !row.server.gathers() || delivered.is_none_or(|share| share.median >= LEAST_DELIVERED)
}

fn is_bound(row: &Row, results: &Results) -> bool {
    results.is_marked(&row.name(), "generator_bound")
}

fn is_disturbed(row: &Row, results: &Results) -> bool {
    // A server's threads also wait for each other, and that is its own affair.
    results.summary(&row.name(), "/generator_waiting_share").is_some_and(|share| share.high > DISTURBANCE)
}

fn nothing() -> String {
    NOTHING.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_load_becomes_a_table_with_ratios() {
        let load = Load::Cursors { rooms: 1, members: 100, rate: 20 };
        let raw = Server::Raw { window: 8 };
        let rows = [
            Row::new(load, Server::PresenceBinary).beside(raw),
            Row::new(load, raw),
            Row::new(load, Server::Ws),
            Row::new(load, Server::SocketIo),
        ];
        let file = std::env::temp_dir().join(format!("xtask-tables-{}.json", std::process::id()));
        let mut results = Results::new(json!({}), &file);
        for (row, cpu) in rows.iter().zip([0.25, 0.2, 5.0]) {
            let bound = row.server == Server::Ws;
            let waited = if row.server == raw { 0.2 } else { 0.0 };
            let figures =
                json!({ "cpu_us_per_delivery": cpu, "generator_bound": bound, "generator_waiting_share": waited });
            results.add(row, 1, Ok(figures)).unwrap();
        }
        std::fs::remove_file(&file).unwrap();
        let table = all(&rows, &results).remove(0);
        let last = |row: usize| table.rows[row].iter().rev().take(2).rev().cloned().collect::<Vec<_>>();
        assert_eq!(table.rows.len(), 3);
        assert_eq!(table.rows[0][..2], ["**Presence**", "0.25"]);
        assert!(table.rows[1][0].ends_with(" ²"));
        assert_eq!(table.rows[2][0], "ws ¹");
        assert_eq!([last(0), last(1), last(2)], [["1.00", "1.25"], ["0.80", "–"], ["20.0", "–"]]);
        assert_eq!(remarks(&rows, &results).len(), 2);
    }

    #[test]
    fn what_was_hardly_delivered_has_no_price() {
        let load = Load::Cursors { rooms: 1, members: 100, rate: 20 };
        let rows = [Server::PresenceBinary, Server::Hocuspocus, Server::Ws].map(|server| Row::new(load, server));
        let file = std::env::temp_dir().join(format!("xtask-follows-{}.json", std::process::id()));
        let mut results = Results::new(json!({}), &file);
        for (row, delivered) in rows.iter().zip([1.0, 0.02, 0.02]) {
            let figures = json!({ "cpu_us_per_delivery": 1.0, "delivered_share": delivered });
            results.add(row, 1, Ok(figures)).unwrap();
        }
        std::fs::remove_file(&file).unwrap();
        let ratios: Vec<_> = all(&rows, &results)[0].rows.iter().map(|cells| cells.last().cloned()).collect();
        assert_eq!(ratios.iter().map(Option::as_deref).collect::<Vec<_>>(), [Some("1.00"), Some("–"), Some("1.00")]);
    }
}
