import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, getFrom } from '../../../kernel-lib/data/fetch/get';
import { type Manifest, readManifest } from '../../../kernel-lib/data/fetch/manifest';
import { put, scratchFolder } from '../files';
import { tgz } from './archives';

describe('a data set from a server', async () => {
  const at = await scratchFolder();
  const body = await tgz({ 'set/a.txt': 'one', 'set/noise.txt': Array.from({ length: 4000 }, (_, i) => i ** 3).join(' ') });
  const ranges: (string | undefined)[] = [];
  const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/set.tgz': ({ headers: { range } }, response) => {
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
      if (from >= body.length) response.writeHead(416).end();
      else response.writeHead(from ? 206 : 200, { 'content-length': body.length - from }).end(body.subarray(from));
    },
    '/no-ranges.tgz': (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body),
    '/cut.tgz': (_, response) => {
      response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 1000));
      setTimeout(() => response.destroy(), 50);
    },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url as string];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  let origin: string;
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const sha256 = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const manifest = (path: string, checksum = sha256): Manifest => ({
    ...({ name: 'Test', use: '', what: '', origin: '', licence: 'none', layout: '' } as const),
    get: 'set.tgz, unpacked',
    archive: { url: path.startsWith('http') ? path : `${origin}${path}`, checksum, mostBytes: 100_000 },
  });

  it('comes whole, with its progress, and leaves nothing else', async () => {
    const seen: number[][] = [];
    await getFrom(manifest('/set.tgz'), at('whole/set'), (done, total) => void seen.push([done, total]));
    expect(await readFile(at('whole/set/a.txt'), 'utf8')).toBe('one');
    expect(await readdir(at('whole'))).toEqual(['set']);
    expect(seen.at(-1)).toEqual([body.length, body.length]);
  });

  it('is continued where the attempt before was cut off', async () => {
    await expect(getFrom(manifest('/cut.tgz'), at('resumed/set'))).rejects.toMatchObject({ code: 'offline' });
    expect(await readdir(at('resumed'))).toEqual(['cut.tgz.part']);
    await put(at('resumed/set.tgz.part'), await readFile(at('resumed/cut.tgz.part')));
    ranges.length = 0;
    await getFrom(manifest('/set.tgz'), at('resumed/set'));
    expect(ranges).toEqual(['bytes=1000-']);
    expect(await readFile(at('resumed/set/a.txt'), 'utf8')).toBe('one');
  });

  it('comes from the start where the server cannot continue, and is known to be complete', async () => {
    await put(at('again/no-ranges.tgz.part'), 'other bytes');
    await getFrom(manifest('/no-ranges.tgz'), at('again/set'));
    await put(at('complete/set.tgz.part'), body);
    await getFrom(manifest('/set.tgz'), at('complete/set'));
    for (const name of ['again', 'complete']) expect(await readdir(at(name))).toEqual(['set']);
  });

  it('with other bytes than published is thrown away', async () => {
    await expect(getFrom(manifest('/set.tgz', `md5:${'0'.repeat(32)}`), at('changed/set'))).rejects.toMatchObject({ code: 'checksum' });
    expect(await readdir(at('changed'))).toEqual([]);
  });

  it('that cannot be reached or is refused says what to do', async () => {
    await expect(getFrom(manifest('/none.tgz'), at('refused/set'))).rejects.toMatchObject({ code: 'download-refused' });
    const nobody = manifest('http://127.0.0.1:9/set.tgz');
    await expect(getFrom(nobody, at('offline/set'))).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining(`set.tgz, unpacked, into ${at('offline/set')}`),
    });
    expect(existsSync(at('offline/set'))).toBe(false);
  });
});

describe('the manifests', async () => {
  const at = await scratchFolder();
  const names = (await readdir(resolve(__dirname, '../../../datasets'))).map((file) => file.replace('.json', ''));

  it.each(names)('say all that is needed: %s', async (name) => {
    const { archive, ...manifest } = await readManifest(name);
    for (const field of ['name', 'use', 'what', 'origin', 'licence', 'get', 'layout'] as const)
      expect(manifest[field].length).toBeGreaterThan(4);
    if (archive) expect(`${archive.url} ${archive.checksum}`).toMatch(/^https:.*\.(tgz|tar\.gz|zip) (md5:.{32}|sha1:.{40}|sha256:.{64})$/);
  });

  it('of sets that must be fetched by hand say how', async () => {
    await expect(get('imagenet', { to: at('imagenet') })).rejects.toMatchObject({
      code: 'data-by-hand',
      message: expect.stringMatching(/non-commercial.*register at image-net.org/),
    });
  });

  it('name each other where one is unknown', async () => {
    await expect(get('imagenot')).rejects.toMatchObject({ code: 'data-unknown', message: expect.stringContaining('camvid') });
    await expect(get('../package')).rejects.toMatchObject({ code: 'data-unknown' });
  });

  it('leave a folder that is there as it is', async () => {
    await put(at('here/mine.txt'), 'mine');
    expect(await get('cifar100', { to: at('here') })).toBe(at('here'));
    expect(await readdir(at('here'))).toEqual(['mine.txt']);
  });
});
