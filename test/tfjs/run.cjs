// node test/tfjs/run.cjs BUNDLE: runs the specs of a bundle and prints the counts and failures as JSON.
const path = require('node:path');
const Jasmine = require('jasmine');

const runner = new Jasmine();
const counts = { passed: 0, failed: 0, pending: 0 };
const failures = [];
const count = ({ status, fullName, failedExpectations }) => {
  counts[status] = (counts[status] ?? 0) + 1;
  if (status === 'failed') failures.push(`${fullName}: ${failedExpectations[0]?.message.slice(0, 300)}`);
};

runner.loadConfig({ random: false, spec_dir: '.', spec_files: [] });
runner.clearReporters();
runner.addReporter({
  specDone: count,
  suiteDone: (suite) => {
    if (suite.failedExpectations.length > 0) count({ ...suite, status: 'failed' });
  },
});
runner.exitOnCompletion = false;
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
console.warn = () => {};
require(path.resolve(process.argv[2]));
runner.execute().then(() => process.stdout.write(JSON.stringify({ ...counts, failures }), () => process.exit(0)));
