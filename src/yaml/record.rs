//! Turns a text into records of its events, chunk by chunk; for large texts on a thread of its own.
//!
//! The parser runs ahead while the reader of the chunks (the cursor, or the judge) works on the last one. Order and content are the
//! same either way.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::log::{Ev, Log, Reader};
use super::scan::{Event, Events, Mark, Trouble};

/// Texts of this many bytes and more are parsed on a thread of their own.
const LARGE: usize = 512 * 1024;

/// Bytes of record after which a chunk is full.
const CHUNK: usize = 32 * 1024;

/// Chunks that may wait for their reader.
const WAITING: usize = 4;

/// Some events in a row and where the parser saw them.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) log: Log,
    pub(super) marks: Vec<(u32, u32)>,
    /// How the stream ended, in the last chunk.
    end: Option<Result<(), Trouble>>,
}

impl Chunk {
    /// Fills the chunk. It never ends behind the start of a mapping, so that what follows one can be looked at.
    fn fill(&mut self, events: &mut Events<'_>) {
        self.log.clear();
        self.marks.clear();
        loop {
            let (event, mark) = match events.next() {
                Ok(found) => found,
                Err(trouble) => {
                    self.end = Some(Err(trouble));
                    return;
                }
            };
            let Some(seen) = Ev::of(&event) else {
                if event == Event::StreamEnd {
                    self.end = Some(Ok(()));
                    return;
                }
                continue;
            };
            self.log.push(seen);
            self.marks.push((mark.line as u32, mark.col as u32));
            if self.log.len() >= CHUNK && !matches!(seen, Ev::Map(_)) {
                return;
            }
        }
    }
}

/// Where the next chunk comes from.
enum Source<'a> {
    Here(Events<'a>),
    Thread(Receiver<Chunk>, SyncSender<Chunk>),
}

/// The chunks of a text, one after the other.
pub(super) struct Chunks<'a> {
    source: Source<'a>,
    chunk: Chunk,
    /// Events of the chunk that have been read.
    read: usize,
    at: usize,
}

/// Opens a text. The work is done on the caller's thread, except for the parsing of large texts.
pub(super) fn with_chunks<T>(text: &str, work: impl FnOnce(Chunks<'_>) -> T) -> T {
    if text.len() < LARGE {
        return work(Chunks::of(Source::Here(Events::of(text))));
    }
    thread::scope(|scope| {
        let (full, chunks) = sync_channel::<Chunk>(WAITING);
        let (back, empties) = sync_channel::<Chunk>(WAITING + 2);
        let parser = move || {
            let mut events = Events::of(text);
            loop {
                let mut chunk = empties.try_recv().unwrap_or_default();
                chunk.fill(&mut events);
                let last = chunk.end.is_some();
                // nobody listens any more once the reader has found what it refuses
                if full.send(chunk).is_err() || last {
                    return;
                }
            }
        };
        match thread::Builder::new().spawn_scoped(scope, parser) {
            Ok(_) => work(Chunks::of(Source::Thread(chunks, back))),
            Err(_) => work(Chunks::of(Source::Here(Events::of(text)))),
        }
    })
}

impl<'a> Chunks<'a> {
    fn of(source: Source<'a>) -> Chunks<'a> {
        Chunks {
            source,
            chunk: Chunk::default(),
            read: 0,
            at: 0,
        }
    }

    /// Takes the next chunk; `None` behind the end of the stream.
    pub(super) fn next_chunk(&mut self) -> Result<Option<&Chunk>, Trouble> {
        if self.load()? { Ok(Some(&self.chunk)) } else { Ok(None) }
    }

    /// Takes the next event and the line in which the parser saw it; `None` behind the end of the stream.
    pub(super) fn next_event(&mut self) -> Result<Option<(Ev<'_>, u32)>, Trouble> {
        if self.read >= self.chunk.marks.len() && !self.load()? {
            return Ok(None);
        }
        let line = self.chunk.marks.get(self.read).map_or(0, |mark| mark.0);
        self.read += 1;
        let mut reader = Reader::at(&self.chunk.log, self.at);
        let event = reader.next();
        self.at = reader.position();
        Ok(event.map(|event| (event, line)))
    }

    fn load(&mut self) -> Result<bool, Trouble> {
        loop {
            if let Some(end) = self.chunk.end.take() {
                self.chunk.end = Some(Ok(()));
                self.chunk.log.clear();
                self.chunk.marks.clear();
                return end.map(|()| false);
            }
            match &mut self.source {
                Source::Here(events) => self.chunk.fill(events),
                Source::Thread(chunks, back) => {
                    let Ok(next) = chunks.recv() else {
                        let mark = Mark { line: 0, col: 0 };
                        return Err(Trouble {
                            mark,
                            message: "the parser stopped".into(),
                        });
                    };
                    let _ = back.try_send(std::mem::replace(&mut self.chunk, next));
                }
            }
            (self.read, self.at) = (0, 0);
            if !self.chunk.marks.is_empty() {
                return Ok(true);
            }
        }
    }
}
