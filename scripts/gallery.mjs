// node scripts/gallery.mjs: docs/gallery.md and its pictures, from a short training run on MNIST. What the page shows as code is what ran.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const lab = createRequire(import.meta.url)('mesa-lab');
const docs = join(root, 'docs');

const SETUP = `
await start({ threads: 1 });
const mnist = await data.mnist();
const model = models.vit({ imageSize: 28, patchSize: 4, channels: 1, classes: 10, width: 64, depth: 4, heads: 4, seed: 1 });
const batches = mnist.train.batches({ size: 64, seed: 1 });
const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 1e-3 }), clip: 1 });`;

const STEPS = 60;

/** One picture each: what it shows, what is set up before the steps, and what shows it. */
const pictures = [
  {
    name: 'memory-timeline',
    title: 'Where the bytes are',
    says: 'Every byte of one step by what it is held for: saves grow block by block in forward and are released block by block in backward.',
    before: 'const memory = trainer.watch(watch.memoryTimeline());',
    after: 'show(memory.figure());',
  },
  {
    name: 'compare-timelines',
    title: 'Two policies over a step',
    says: 'The same step under other policies, from dry runs that allocate nothing: what a policy saves shows where it saves it.',
    before: 'const rivals = [policies.exact(), policies.mesa(), policies.plus(), policies.checkpoint()];',
    after: 'show(watch.compare(model, { policies: rivals, batch: 64 }).timeline());',
  },
  {
    name: 'compare-policies',
    title: 'Policies at their peaks',
    says: "Bytes by category at the moment of each policy's largest need.",
    after: 'show(watch.compare(model, { policies: rivals, batch: 64 }).figure());',
  },
  {
    name: 'compare-steps',
    title: 'Policies on real steps',
    says: 'With a batch, the same call also makes steps: their time, and the error of the gradient against the exact one.',
    after: 'show((await watch.compare(model, { policies: rivals, samples: await batches.next() })).figure());',
  },
  {
    name: 'head-error',
    title: 'Quantization error by head',
    says: 'How far what backward reads is from what forward made, for each head: heads differ, which is why the paper gives each a range.',
    before: "const heads = trainer.watch(watch.headError({ at: 'blocks.*.attn.*', every: 10 }));",
    after: 'show(heads.figure());',
  },
  {
    name: 'what-if',
    title: 'What if it were packed otherwise',
    says: 'Other groups and bit widths tried on the same values beside the run, which they do not change.',
    before:
      "const whatIf = [{ group: 'row' }, { group: 'tensor' }, { bits: 4, group: 'row' }];\nconst tried = trainer.watch(watch.headError({ at: 'blocks.*.attn.o', every: 10, whatIf }));",
    after: 'show(tried.figure());',
  },
  {
    name: 'activation-histogram',
    title: 'Distributions over steps',
    says: 'The values of each head as they spread while the model learns; colour is the share of values in a bin, on a logarithmic scale.',
    before:
      "const spread = trainer.watch(watch.activationHistogram({ at: ['blocks.0.attn.q', 'blocks.3.attn.q'], by: 'head', every: 2 }));",
    after: 'show(spread.figure());',
  },
  {
    name: 'range-trace',
    title: 'Running ranges',
    says: 'The running minimum and maximum of each head of one value: what its codes will be spread over in the next step.',
    before: "const ranges = trainer.watch(watch.rangeTrace({ at: 'blocks.0.attn.q' }));",
    after: 'show(ranges.figure());',
  },
  {
    name: 'gradient-norm',
    title: 'Gradient norms',
    says: "The norm of the gradient of each weight; `figure({ of: 'updateRatio' })` shows how far updates move them.",
    before: "const norms = trainer.watch(watch.gradientNorm({ at: 'blocks.*.attn.*.weight' }));",
    after: 'show(norms.figure());',
  },
  {
    name: 'gradient-fidelity',
    title: 'Gradient fidelity',
    says: 'The relative error of the gradient against the exact one of the same batch, from one more forward and backward every n steps.',
    before: 'const fidelity = trainer.watch(watch.gradientFidelity({ every: 10 }));',
    after: 'show(fidelity.figure());',
  },
  {
    name: 'attention-maps',
    title: 'Attention maps',
    says: 'What the class token attends to in two images, head by head.',
    before: "const maps = trainer.watch(watch.attentionMaps({ at: 'blocks.3.attn.probs', images: [0, 1], every: 10 }));",
    after: 'show(maps.figure());',
  },
];

/** The same, as tables. */
const tables = [
  {
    title: 'Layers of a model',
    says: 'Shapes, parameters, operations, and what a policy keeps of each layer.',
    after: 'show(watch.summary(model, policies.mesa(), 64), { limit: 12 });',
  },
  {
    title: 'The save plan',
    says: 'For each value that backward reads, how it gets it.',
    after: 'show(trainer.plan, { limit: 12 });',
  },
  { title: 'Errors as a table', says: 'Every watcher also gives an arquero table.', after: 'show(heads.table(), { limit: 6 });' },
];

const all = [...pictures, ...tables];
const program = [
  SETUP,
  ...all.map(({ before = '' }) => before),
  `await trainer.fit({ steps: ${STEPS} });`,
  ...all.map(({ after }, i) => `take(${i});\n${after}`),
].join('\n');

const shown = await run(program);
mkdirSync(join(docs, 'gallery'), { recursive: true });
for (const [i, { name }] of pictures.entries()) await lab.png(shown[i], join(docs, 'gallery', `${name}.png`), { scale: 1.5 });
writeFileSync(join(docs, 'gallery.md'), page());

/** What each `show` of a program is given. */
async function run(code) {
  const given = [];
  let at = 0;
  const show = (thing, options) => {
    given[at] = options ? textOf(thing, options) : thing;
  };
  const take = (i) => {
    at = i;
  };
  const { start, data, models, Trainer, adamw, policies, watch } = lab;
  const names = { start, data, models, Trainer, adamw, policies, watch, show, take };
  const AsyncFunction = (async () => {}).constructor;
  await new AsyncFunction(...Object.keys(names), code)(...Object.values(names));
  return given;
}

/** What a terminal would show. */
function textOf(thing, options) {
  let text = '';
  const screen = {
    kind: 'log',
    show: (bundle) => {
      text = bundle['text/plain'];
    },
    update() {},
  };
  lab.show(thing, { ...options, screen });
  return text;
}

function page() {
  const code = (...lines) => `\`\`\`ts\n${lines.filter(Boolean).join('\n')}\n\`\`\``;
  const sections = all.map(({ name, title, says, before, after }, i) =>
    [`## ${title}`, says, name ? `![${title}](gallery/${name}.png)` : `\`\`\`text\n${shown[i]}\n\`\`\``, code(before, after)].join('\n\n'),
  );
  return `${[
    '# Gallery',
    'What mesa-lab shows while it trains. Each picture is interactive in a notebook (zoom, hover, toggle) and a static image where scripts do not run; `await png(figure, path)` writes it to a file.',
    `Made by \`node scripts/gallery.mjs\` from ${STEPS} steps of a small vision Transformer on MNIST:`,
    code(SETUP.trim(), `await trainer.fit({ steps: ${STEPS} }); // after the lines that begin with \`const\` below`),
    ...sections,
  ].join('\n\n')}\n`;
}
