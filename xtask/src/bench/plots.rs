//! Which plots there are of a tour, and of the sweeps.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bench::bars::{Bar, Bars, Group};
use crate::bench::curves::{Curve, Curves, Panel};
use crate::bench::figures::{self, Figure};
use crate::bench::growth::{MEMBERS, ROOMS, Sweep};
use crate::bench::results::Results;
use crate::bench::row::{Load, Row, Server};
use crate::bench::statistics::ratio;
use crate::bench::svg::{LIMIT, OTHERS, OURS};
use crate::bench::table;
use crate::bench::tables;

/// Writes the plots of a tour; gives their files.
pub(crate) fn of_tour(rows: &[Row], results: &Results, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (name, title, is_shown) in [
        ("cursors", "What one delivered cursor costs the server", is_cursors as fn(Load) -> bool),
        ("idle", "What an idle connection takes", |load| matches!(load, Load::Idle { .. })),
        ("storms", "What storms cost", is_storm),
    ] {
        let bars = bars(title, is_shown, rows, results);
        if !bars.groups.is_empty() {
            files.push(write(folder, name, &bars.svg())?);
        }
    }
    Ok(files)
}

/// Writes the plots of the sweeps; gives their files.
pub(crate) fn of_growth(sweeps: &[Sweep], results: &Results, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (name, axis) in [("growth-members", MEMBERS), ("growth-rooms", ROOMS)] {
        let sweeps: Vec<&Sweep> = sweeps.iter().filter(|sweep| sweep.axis == axis).collect();
        let panels = [
            panel("CPU µs per delivery", cost, &sweeps, results),
            panel("bytes to each member in a second", bytes, &sweeps, results),
            panel("memory, KiB per member", memory, &sweeps, results),
        ];
        if panels.iter().all(|panel| panel.curves.iter().all(|curve| curve.points.is_empty())) {
            continue;
        }
        let curves =
            Curves { title: format!("Cost over {axis}"), axis: axis.to_owned(), panels: panels.into_iter().collect() };
        files.push(write(folder, name, &curves.svg())?);
    }
    Ok(files)
}

const fn is_cursors(load: Load) -> bool {
    matches!(load, Load::Cursors { .. })
}

const fn is_storm(load: Load) -> bool {
    matches!(load, Load::JoinStorm | Load::DropReturn | Load::Restart)
}

fn bars(title: &str, is_shown: fn(Load) -> bool, rows: &[Row], results: &Results) -> Bars {
    let mut loads: Vec<Load> = Vec::new();
    for row in rows.iter().filter(|row| is_shown(row.load)) {
        if !loads.contains(&row.load) {
            loads.push(row.load);
        }
    }
    let units: Vec<&str> = loads.iter().map(|load| figures::key(*load).title).collect();
    let is_one_unit = units.windows(2).all(|pair| pair[0] == pair[1]);
    let groups = loads.iter().map(|load| group(*load, is_one_unit, rows, results));
    let groups: Vec<Group> = groups.filter(|group| !group.bars.is_empty()).collect();
    let unit =
        if is_one_unit { units.first().copied().unwrap_or_default() } else { "each group on a scale of its own" };
    Bars { title: title.to_owned(), unit: format!("{unit}; less is better"), groups }
}

fn group(load: Load, is_one_unit: bool, rows: &[Row], results: &Results) -> Group {
    let key = figures::key(load);
    let bar = |row: &Row, key: Figure| {
        let value = tables::summary(row, key, results)?;
        Some(Bar { name: table::plain(&row.title()), value, colour: colour(row.server) })
    };
    let mut bars: Vec<Bar> = tables::measured(load, rows, results)
        .into_iter()
        .filter(|row| tables::has_price(row, results))
        .filter_map(|row| bar(row, key))
        .collect();
    bars.sort_by(|one, other| one.value.median.total_cmp(&other.value.median));
    let title = if is_one_unit { load.title() } else { format!("{} — {}", load.title(), key.title) };
    Group { title, bars }
}

fn panel(title: &str, value: fn(&Row, &Results) -> Option<f64>, sweeps: &[&Sweep], results: &Results) -> Panel {
    let curve = |(index, sweep): (usize, &&Sweep)| {
        let points = sweep.points.iter().filter_map(|(at, row)| Some((*at, value(row, results)?)));
        let server = sweep.points.first().map_or(Server::Ws, |(_, row)| row.server);
        // Two sweeps of ours are told apart by colour, too.
        let colour = if index > 0 && server.is_presence() { OTHERS[0] } else { colour(server) };
        Curve { name: sweep.title.to_owned(), colour, points: points.collect() }
    };
    Panel { title: title.to_owned(), curves: sweeps.iter().enumerate().map(curve).collect() }
}

fn cost(row: &Row, results: &Results) -> Option<f64> {
    median(row, "/cpu_us_per_delivery", results)
}

fn memory(row: &Row, results: &Results) -> Option<f64> {
    median(row, "/joined_kib", results)
}

fn bytes(row: &Row, results: &Results) -> Option<f64> {
    let Load::Cursors { rooms, members, .. } = row.load else { return None };
    let each = median(row, "/bytes_per_delivery", results)?;
    let deliveries = median(row, "/deliveries", results)?;
    let seconds = median(row, "/parameters/seconds", results)?;
    ratio(each * deliveries, f64::from(rooms * members) * seconds)
}

fn median(row: &Row, pointer: &str, results: &Results) -> Option<f64> {
    Some(results.summary(&row.name(), pointer)?.median)
}

const fn colour(server: Server) -> &'static str {
    match server {
        Server::PresenceBinary | Server::PresenceJson => OURS,
        Server::Raw { .. } | Server::RawPerDelivery => LIMIT,
        Server::SocketIo => OTHERS[0],
        Server::Ws => OTHERS[1],
        Server::YWebsocket => OTHERS[2],
        Server::Hocuspocus => OTHERS[3],
    }
}

fn write(folder: &Path, name: &str, svg: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.svg"));
    fs::write(&file, svg).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}
