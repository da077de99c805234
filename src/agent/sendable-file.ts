import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** What a logging command sends is read whole; a larger file belongs into an artifact. */
const largestFile = 64 * 1024 * 1024;

/**
 * Reads a file that a logging command names. A pipe or a device would never come to an end, so they are none.
 * @throws an error for a person, naming the file and what to do
 */
export function readSendableFile(file: string): Buffer {
  let descriptor: number;
  try {
    // Not to be held up by a pipe that no one writes to.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new Error(`The file '${file}' to attach ${reason}. Write its absolute path.`, { cause });
  }
  try {
    const info = fstatSync(descriptor);
    if (!info.isFile()) throw new Error(`'${file}' is not a regular file: only such a one can be attached.`);
    if (info.size > largestFile)
      throw new Error(
        `The file '${file}' has ${info.size} bytes; an attachment has at most ${largestFile}. Publish it as an artifact.`,
      );
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Characters and length that an attachment's type and name may have: they are parts of an address and of a path. */
const usableName = /^(?!\.{1,2}$)[^/\\\u0000-\u001f]{1,200}$/;

/** @throws an error for a person when an attachment can't be named so */
export function checkAttachmentName(what: 'name' | 'type', text: string): void {
  if (!usableName.test(text))
    throw new Error(
      `The ${what} '${text.slice(0, 200)}' of the attachment is not usable: it has 1 to 200 characters, no slash, backslash or control character, and is not '.' or '..'.`,
    );
}
