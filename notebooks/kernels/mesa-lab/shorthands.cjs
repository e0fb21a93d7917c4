'use strict';

/**
 * Writes `{ model }` as `{ model: model }`: tslab 1.0.22 finds variables of earlier cells by their symbols, and that of a shorthand is the
 * property's, so the cell would fail with "model is not defined". Lines stay where they are.
 */
function spellOutShorthands(ts, code) {
  const ends = [];
  const visit = (node) => {
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer) ends.push([node.name.end, node.name.text]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('cell.ts', code, ts.ScriptTarget.Latest));
  return ends.reduceRight((text, [end, name]) => `${text.slice(0, end)}: ${name}${text.slice(end)}`, code);
}

module.exports = { spellOutShorthands };
