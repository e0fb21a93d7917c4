import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const IMAGE = /\.(jpe?g|png)$/i;

/** Names of the JPEG and PNG files of a folder, sorted as Python sorts strings of ASCII; none where the folder is missing. */
export async function imagesIn(folder: string): Promise<string[]> {
  return (await entries(folder)).filter((name) => IMAGE.test(name));
}

/** Names of the folders of a folder, links to folders among them, sorted. */
export async function foldersIn(folder: string): Promise<string[]> {
  const names = await entries(folder);
  const are = await Promise.all(names.map((name) => !IMAGE.test(name) && isFolder(join(folder, name))));
  return names.filter((_, i) => are[i]);
}

export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Without hidden ones: file systems leave such beside the data (`._cat.jpg`). */
async function entries(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** `cat` of `cat.jpg`. */
export function stem(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
