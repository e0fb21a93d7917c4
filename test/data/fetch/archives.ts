import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { create, Header } from 'tar';
import { put } from '../files';

type Files = Readonly<Record<string, string>>;

/** A .tgz of files, with links where asked for. */
export async function tgz(files: Files, links: Files = {}): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'mesa-tar-'));
  try {
    for (const [path, text] of Object.entries(files)) await put(join(folder, path), text);
    for (const [path, target] of Object.entries(links)) await symlink(target, join(folder, path));
    const chunks: Buffer[] = [];
    const tops = [...new Set([...Object.keys(files), ...Object.keys(links)].map((path) => path.split('/')[0] as string))];
    for await (const chunk of create({ gzip: true, cwd: folder, portable: true }, tops)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A .tar with one file of any name, also one that no tool would write. */
export function tarOf(path: string, text: string): Buffer {
  const header = new Header({ path, size: text.length, type: 'File', mode: 0o644 });
  const block = Buffer.alloc(512);
  header.encode(block);
  const body = Buffer.alloc(512 * Math.ceil(text.length / 512));
  body.write(text);
  return Buffer.concat([block, body, Buffer.alloc(1024)]);
}

/** A .zip of files that are stored as they are. */
export function zip(files: Files, mode = 0o100644): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, body] = [Buffer.from(path), Buffer.from(text)];
    const fields = Buffer.alloc(26); // what local and central headers share
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(body), 10);
    fields.writeUInt32LE(body.length, 14);
    fields.writeUInt32LE(body.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const part = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, body]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.of(20, 3), fields, rest, name]));
    parts.push(part);
    at += part.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}
