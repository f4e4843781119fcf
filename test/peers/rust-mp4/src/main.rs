//! Opens a closed MP4 file with the `mp4` crate and prints what its samples hold.
//!
//!     rust-mp4 FILE
//!
//! One line for each track: `track ID video|audio|other SAMPLES TIMESCALE`, then one for each sample of the video tracks:
//! `sample START DURATION SYNC|- RECV RTP`, RECV and RTP out of the sample's frame timing (strawlab.org/89H), `-` without one.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};

/// UUID of the frame timing.
const FRAME_TIMING: &[u8] = b"strawlab.org/89H";
const NAL_SEI: u8 = 6;
const USER_DATA_UNREGISTERED: u8 = 5;
const STOP: u8 = 0x80;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).ok_or("usage: rust-mp4 FILE")?;
    let file = File::open(&path)?;
    let size = file.metadata()?.len();
    let mut movie = mp4::Mp4Reader::read_header(BufReader::new(file), size)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut ids: Vec<u32> = movie.tracks().keys().copied().collect();
    ids.sort_unstable();
    for id in ids {
        let track = &movie.tracks()[&id];
        let kind = match track.track_type() {
            Ok(mp4::TrackType::Video) => "video",
            Ok(mp4::TrackType::Audio) => "audio",
            _ => "other",
        };
        let count = track.sample_count();
        writeln!(out, "track {id} {kind} {count} {}", track.timescale())?;
        for n in 1..=count {
            let sample = movie.read_sample(id, n)?.ok_or(format!("track {id} has no sample {n}"))?;
            if kind != "video" {
                continue;
            }
            let sync = if sample.is_sync { "sync" } else { "-" };
            let timing = match frame_timing(&sample.bytes)? {
                Some((recv, rtp)) => format!("{recv} {rtp}"),
                None => "- -".to_owned(),
            };
            writeln!(out, "sample {} {} {sync} {timing}", sample.start_time, sample.duration)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The only frame timing among the NAL units of a sample, each behind its length in four bytes.
fn frame_timing(sample: &[u8]) -> Result<Option<(u64, u32)>> {
    let mut found = None;
    let mut rest = sample;
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<4>().ok_or("half a length")?;
        let length = u32::from_be_bytes(*length) as usize;
        let unit = behind.get(..length).ok_or("a NAL unit reaches beyond its sample")?;
        rest = &behind[length..];
        if let Some(json) = user_data(unit)?.and_then(|data| data.strip_prefix(FRAME_TIMING)) {
            if found.replace(parse(json)?).is_some() {
                return Err("two frame timings in one sample".into());
            }
        }
    }
    Ok(found)
}

/// The payload of a SEI NAL unit that holds unregistered user data and nothing else.
fn user_data(unit: &[u8]) -> Result<Option<&[u8]>> {
    let [header, USER_DATA_UNREGISTERED, sized @ ..] = unit else {
        return Ok(None);
    };
    if header & 0x1f != NAL_SEI {
        return Ok(None);
    }
    let full = sized.iter().take_while(|&&byte| byte == 0xff).count();
    let last = *sized.get(full).ok_or("a SEI without its size")?;
    let size = full * 255 + usize::from(last);
    let payload = sized.get(full + 1..full + 1 + size).ok_or("a SEI reaches beyond its NAL unit")?;
    // Others may hold several messages in one NAL unit; ours hold one.
    Ok((sized[full + 1 + size..] == [STOP]).then_some(payload))
}

/// `{"recv":R,"rtp":T}` in exactly that form.
fn parse(json: &[u8]) -> Result<(u64, u32)> {
    let text = std::str::from_utf8(json)?;
    let inner = text.strip_prefix("{\"recv\":").and_then(|text| text.strip_suffix('}'));
    let (recv, rtp) = inner.and_then(|text| text.split_once(",\"rtp\":")).ok_or(format!("not a frame timing: {text}"))?;
    Ok((recv.parse()?, rtp.parse()?))
}
