/** Nobody minds a second, and most runs find everything done. */
const QUIET_MS = 1000;
const LINE_EVERY_MS = 10_000;

const waiting = new Map();
const terminal = process.stderr.isTTY;
let timer;
let nextLineAt = 0;
let lineShown = false;

/** Says what is waited for and for how long: on a terminal in one line, elsewhere in a line every 10 s. */
export async function waitVisibly(what, done) {
  waiting.set(what, Date.now());
  if (!timer) {
    nextLineAt = Date.now() + LINE_EVERY_MS;
    timer = setInterval(show, terminal ? 1000 : 200);
  }
  try {
    return await done;
  } finally {
    waiting.delete(what);
    if (waiting.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    clear();
  }
}

function show() {
  const now = Date.now();
  if (!terminal && now < nextLineAt) return;
  nextLineAt += LINE_EVERY_MS;
  const parts = [];
  for (const [what, since] of waiting) {
    if (now - since >= QUIET_MS) parts.push(`${what} (${Math.round((now - since) / 1000)} s)`);
  }
  if (parts.length === 0) return;
  clear();
  lineShown = terminal;
  process.stderr.write(`Waiting for ${parts.join(' and ')}${terminal ? '' : '\n'}`);
}

function clear() {
  if (lineShown) process.stderr.write('\r\x1b[2K');
  lineShown = false;
}
