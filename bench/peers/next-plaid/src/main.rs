//! NextPlaid as a peer: speaks the lines of peer.ts on standard input and output; the last argument is a
//! folder. Settings of a search: `probes`, `scored`, `threshold` (below 0: none).

use std::io::{BufRead, Write};
use std::time::Instant;

use ndarray::Array2;
use next_plaid::{IndexConfig, MmapIndex, SearchParameters};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn read_vectors(path: &str) -> Result<Vec<Array2<f32>>, Failure> {
    let bytes = std::fs::read(path)?;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (dims, count) = (word(0), word(4));
    let mut at = 8 + 4 * count;
    let mut documents = Vec::with_capacity(count);
    for n in 0..count {
        let rows = word(8 + 4 * n);
        let length = rows * dims * 4;
        let values = bytes[at..at + length]
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        documents.push(Array2::from_shape_vec((rows, dims), values)?);
        at += length;
    }
    Ok(documents)
}

fn parameters(call: &Value) -> SearchParameters {
    let mut parameters = SearchParameters { top_k: 10, ..Default::default() };
    if let Some(k) = call["k"].as_u64() {
        parameters.top_k = k as usize;
    }
    let settings = &call["settings"];
    if let Some(probes) = settings["probes"].as_u64() {
        parameters.n_ivf_probe = probes as usize;
    }
    if let Some(scored) = settings["scored"].as_u64() {
        parameters.n_full_scores = scored as usize;
    }
    if let Some(threshold) = settings["threshold"].as_f64() {
        parameters.centroid_score_threshold = (threshold >= 0.0).then_some(threshold as f32);
    }
    parameters
}

fn answer(index: &mut Option<MmapIndex>, folder: &str, call: &Value) -> Result<Value, Failure> {
    if call["op"] == "import" {
        let documents = read_vectors(call["vectors"].as_str().ok_or("no vectors")?)?;
        let config = IndexConfig { nbits: 4, seed: Some(1), ..Default::default() };
        *index = Some(MmapIndex::create_with_kmeans(&documents, folder, &config)?);
        return Ok(json!({}));
    }
    let index = index.as_ref().ok_or("nothing is imported")?;
    let parameters = parameters(call);
    let mut answers = Vec::new();
    let mut times = Vec::new();
    for query in read_vectors(call["queries"].as_str().ok_or("no queries")?)? {
        let start = Instant::now();
        let found = index.search(&query, &parameters, None)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        answers.push(found.passage_ids);
    }
    Ok(json!({ "answers": answers, "ms": times }))
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().next_back().ok_or("no folder")?;
    let mut index = None;
    for line in std::io::stdin().lock().lines() {
        let told = match answer(&mut index, &folder, &serde_json::from_str(&line?)?) {
            Ok(told) => told,
            Err(error) => json!({ "error": error.to_string() }),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{told}")?;
        out.flush()?;
    }
    Ok(())
}
