'use strict';
const { createHmac, randomUUID, timingSafeEqual } = require('node:crypto');

// The wire format of Jupyter's messages: identities, a delimiter, a signature, then header, parent, metadata and content as JSON.
const DELIMITER = '<IDS|MSG>';

function parse(frames, key) {
  const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
  if (at < 0 || frames.length < at + 6) throw new Error('a message without its delimiter or parts');
  const [signature, ...parts] = frames.slice(at + 1);
  if (key && !isSame(signature.toString(), sign(parts, key))) throw new Error('a message with a wrong signature');
  const [header, parent, metadata, content] = parts.slice(0, 4).map((part) => JSON.parse(part.toString()));
  return { identities: frames.slice(0, at), header, parent, metadata, content };
}

/** The frames of an answer to `request`, or of what is published because of it. */
function answer(request, type, content, key) {
  const { session, username } = request.header;
  const header = { version: '5.3', date: new Date().toISOString(), session, username, msg_type: type, msg_id: randomUUID() };
  const parts = [header, request.header, {}, content].map((part) => JSON.stringify(part));
  return [...request.identities, DELIMITER, key ? sign(parts, key) : '', ...parts];
}

function sign(parts, key) {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

function isSame(a, b) {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

module.exports = { parse, answer };
