/** One place of a file: lines that are there, and what shall stand in their place. */
export interface Change {
  path: string;
  before: string;
  after: string;
}

/** The hunks of a unified diff. Where they stand is found by their lines: the code around them still moves. */
export function changesOf(patch: string): Change[] {
  const changes: Change[] = [];
  let path = '';
  for (const line of patch.trimEnd().split('\n')) {
    const file = /^\+\+\+ b\/(.+)$/.exec(line)?.[1];
    if (file) path = file;
    else if (line.startsWith('@@')) changes.push({ path, before: '', after: '' });
    else if (!line.startsWith('--- ')) addLine(changes.at(-1)!, line);
  }
  return changes;
}

/** An empty context line may have lost its one space. */
function addLine(change: Change, line: string): void {
  const text = `${line.slice(1)}\n`;
  if (!line.startsWith('+')) change.before += text;
  if (!line.startsWith('-')) change.after += text;
}

/** @throws Error where the lines are not there, or twice */
export function applied(text: string, { path, before, after }: Change): string {
  const [whole, lines] = [`\n${text}`, `\n${before}`];
  const at = whole.indexOf(lines);
  if (at < 0) throw new Error(`it does not fit ${path}: these lines are not there:\n${before}`);
  if (whole.indexOf(lines, at + 1) >= 0) throw new Error(`it fits ${path} twice:\n${before}`);
  return text.slice(0, at) + after + text.slice(at + before.length);
}
