import { targets } from './targets.js';

/**
 * Fuzzes for so many seconds (default 60), with new inputs each time: `npm run fuzz [seconds] [part of a target's name]`. What is found
 * is printed with seed and path; it becomes a fixture and a test of its own.
 */
const [seconds = '60', part = ''] = process.argv.slice(2);
const wanted = targets.filter(({ name }) => name.includes(part));
if (!(Number(seconds) > 0) || wanted.length === 0) {
  console.error("usage: npm run fuzz [seconds] [part of a target's name]");
  process.exit(2);
}
for (const { name, run } of wanted) {
  try {
    const count = await run({ timeMs: (Number(seconds) * 1000) / wanted.length });
    console.log(`${name}: ${count} inputs`);
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
  }
}
