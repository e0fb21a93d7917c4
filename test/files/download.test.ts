import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../kernel-lib/files/cache-folder';
import { checksumOf } from '../../kernel-lib/files/checksum';
import { download } from '../../kernel-lib/files/download';

const folder = mkdtempSync(join(tmpdir(), 'mesa-lab-download-'));
const content = Buffer.from('weights '.repeat(50_000));
const hash = createHash('sha256').update(content).digest('hex');
const checksum = `sha256:${hash}`;
const ranges: (string | undefined)[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(({ url: path, headers: { range } }, response) => {
    if (path === '/moved') response.writeHead(302, { location: '/file' }).end();
    else if (path === '/file') {
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
      response.writeHead(from ? 206 : 200, { 'content-length': content.length - from }).end(content.subarray(from));
    } else if (path === '/cut') {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
      setTimeout(() => response.destroy(), 50);
    } else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('a download', () => {
  it('follows redirections, makes the folder, and says how far it is', async () => {
    const path = join(folder, 'new/file');
    const seen: number[] = [];
    await download(`${url}/moved`, path, { checksum, onProgress: (done, total) => seen.push(done / total) });
    expect(readFileSync(path)).toEqual(content);
    expect(await checksumOf(path)).toBe(hash);
    expect(readdirSync(join(folder, 'new'))).toEqual(['file']);
    expect(seen.at(-1)).toBe(1);
  });

  it.each([
    ['the wrong bytes', '/file', 'checksum'],
    ['a connection that is cut', '/cut', 'offline'],
    ['a refusal', '/none', 'download-refused'],
  ])('leaves what was there after %s', async (_, path, code) => {
    const here = mkdtempSync(join(folder, 'kept-'));
    writeFileSync(join(here, 'file'), 'before');
    await expect(download(url + path, join(here, 'file'), { checksum: `md5:${'0'.repeat(32)}` })).rejects.toMatchObject({ code });
    expect(readdirSync(here)).toEqual(code === 'offline' ? ['file', 'file.part'] : ['file']);
    expect(readFileSync(join(here, 'file'), 'utf8')).toBe('before');
  });

  it('is continued after a cut where a checksum can tell that it is one file, and begun anew where none can', async () => {
    for (const [name, options, asked] of [
      ['known', { checksum }, 'bytes=1000-'],
      ['unknown', {}, undefined],
    ] as const) {
      const path = join(folder, name);
      await expect(download(`${url}/cut`, path, options)).rejects.toMatchObject({ code: 'offline' });
      ranges.length = 0;
      await download(`${url}/file`, path, options);
      expect(ranges).toEqual([asked]);
      expect(readFileSync(path)).toEqual(content);
    }
  });

  it('says without a network what to do instead', async () => {
    const none = download('http://127.0.0.1:9/x', join(folder, 'x'), { otherwise: 'mesa-lab weights add deitTiny FILE' });
    await expect(none).rejects.toThrow(/http:\/\/127.0.0.1:9\/x: cannot be fetched \(.+\) \(try mesa-lab weights add deitTiny FILE\)/);
  });
});

describe('the cache folder', () => {
  it('is the one asked for, else of the user', () => {
    expect(cacheFolder({ MESA_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'mesa-lab'));
    expect(cacheFolder({})).toMatch(/\.cache.mesa-lab$/);
  });
});
