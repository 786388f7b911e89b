// The markdown block: the part of Markdown that a chat answer uses.

import { el, link } from './element.js';
import { emoji } from './emoji.js';

const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\n]+)\*|_([^_\n]+)_|~~([^~\n]+)~~|\[([^\]\n]+)\]\(([^()\s]+)\)|:([a-z0-9_+-]+):/;

export function markdown(text, ctx) {
  const out = [];
  let list = null;
  for (const [at, part] of text.split(/```[a-z]*\n?([\s\S]+?)\n?```/).entries()) {
    if (at % 2 === 1) {
      out.push(el('pre', {}, part));
      continue;
    }
    for (const line of part.split('\n')) {
      const item = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
      const heading = /^#{1,6}\s+(.*)$/.exec(line);
      const quote = /^>\s?(.*)$/.exec(line);
      if (item) {
        if (list === null) out.push((list = el(/^\s*\d/.test(line) ? 'ol' : 'ul')));
        list.append(el('li', {}, inline(item[1], ctx)));
        continue;
      }
      list = null;
      if (line.trim() === '') continue;
      if (heading) out.push(el('div', { class: 'markdown-heading' }, inline(heading[1], ctx)));
      else if (/^(?:-{3,}|\*{3,})$/.test(line.trim())) out.push(el('hr'));
      else if (quote) out.push(el('blockquote', {}, inline(quote[1], ctx)));
      else out.push(el('p', {}, inline(line, ctx)));
    }
  }
  return out;
}

function inline(text, ctx) {
  const out = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found !== null; found = INLINE.exec(rest)) {
    out.push(rest.slice(0, found.index), node(found, ctx));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...out, rest];
}

function node([, code, bold, italic, underscored, strike, label, url, short], ctx) {
  if (code) return el('code', {}, code);
  if (bold) return el('b', {}, inline(bold, ctx));
  if (italic || underscored) return el('i', {}, inline(italic || underscored, ctx));
  if (strike) return el('s', {}, strike);
  if (short) return emoji(short, ctx.emoji);
  return link(url, label);
}
