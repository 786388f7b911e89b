// Slack's mrkdwn as DOM nodes. Marks count only beside a space, ASCII punctuation or an end, as in Slack, so that a
// mark that touches a Japanese character stays visible here as it does there.

import { el, link, whole } from './element.js';
import { emoji } from './emoji.js';

const BEFORE = '(?<=^|[\\s!-/:-@\\[-`{-~])';
const AFTER = '(?=$|[\\s!-/:-@\\[-`{-~])';
const span = (mark) => `${BEFORE}\\${mark}(?![\\s\\${mark}])([^\\n]*?[^\\s\\${mark}]|[^\\s\\${mark}])\\${mark}${AFTER}`;
const INLINE = new RegExp(
  [
    `(?<code>${BEFORE}\`[^\`\\n]+\`${AFTER})`,
    '(?<angle><[^<>\\n]+>)',
    '(?<emoji>:[a-z0-9_+\\-]+:)',
    `(?<bold>${span('*')})`,
    `(?<italic>${span('_')})`,
    `(?<strike>${span('~')})`,
  ].join('|'),
);

export function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

// ctx: {emoji, nameOf(id), me, locale, tz}
export function mrkdwn(text, ctx) {
  const out = [];
  for (const [at, part] of text.split(/```\n?([\s\S]+?)\n?```/).entries()) {
    if (at % 2 === 1) out.push(el('pre', {}, part.split(/(<[^<>\n]+>)/).flatMap((piece) => angleOr(piece, ctx))));
    else if (part !== '') out.push(...lines(at > 0 ? part.replace(/^\n/, '') : part, ctx));
  }
  return out;
}

function lines(text, ctx) {
  const out = [];
  let quote = null;
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/u.exec(line);
    if (quoted) {
      if (quote === null) out.push((quote = el('blockquote')));
      else quote.append(el('br'));
      quote.append(...inline(quoted[1], ctx));
      continue;
    }
    if (out.length > 0 && quote === null) out.push(el('br'));
    quote = null;
    out.push(...inline(line, ctx));
  }
  return out;
}

function inline(text, ctx) {
  const out = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found !== null; found = INLINE.exec(rest)) {
    out.push(...whole(unescape(rest.slice(0, found.index))), ...node(found, ctx));
    // What was taken ends in ASCII punctuation, so the start of the rest is a place where a mark may stand.
    rest = rest.slice(found.index + found[0].length);
  }
  out.push(...whole(unescape(rest)));
  return out;
}

function node(found, ctx) {
  const { code, angle, emoji: short, bold, italic, strike } = found.groups;
  if (code) return [el('code', {}, code.slice(1, -1).split(/(<[^<>\n]+>)/).flatMap((piece) => angleOr(piece, ctx)))];
  if (angle) return [angled(angle.slice(1, -1), ctx)];
  if (short) return [emoji(short.slice(1, -1), ctx.emoji)];
  if (bold) return [el('b', {}, inline(bold.slice(1, -1), ctx))];
  if (italic) return [el('i', {}, inline(italic.slice(1, -1), ctx))];
  return [el('s', {}, inline(strike.slice(1, -1), ctx))];
}

function angleOr(piece, ctx) {
  return /^<[^<>\n]+>$/.test(piece) ? angled(piece.slice(1, -1), ctx) : whole(unescape(piece));
}

function angled(inner, ctx) {
  const bar = inner.indexOf('|');
  const target = unescape(bar < 0 ? inner : inner.slice(0, bar));
  const label = bar < 0 ? '' : unescape(inner.slice(bar + 1));
  if (target.startsWith('@')) {
    const id = target.slice(1);
    return el('span', { class: id === ctx.me ? 'mention me' : 'mention' }, `@${label || ctx.nameOf(id)}`);
  }
  if (target.startsWith('#')) return el('span', { class: 'mention' }, `#${label || ctx.nameOf(target.slice(1))}`);
  if (target.startsWith('!date^')) return el('span', { class: 'date' }, dated(target, label, ctx));
  if (target.startsWith('!')) {
    // A mention of everybody: it must leap to the eye, for it is rarely meant.
    return el('span', { class: 'mention broadcast', 'data-test': 'broadcast' }, label || `@${target.slice(1)}`);
  }
  return link(target, label || target.replace(/^mailto:/, ''));
}

function dated(target, fallback, ctx) {
  const [, seconds, format] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime()) || format === undefined) return fallback || target;
  const as = (options) => new Intl.DateTimeFormat(ctx.locale, { timeZone: ctx.tz, ...options }).format(at);
  return format
    .replaceAll(/\{date_num\}/g, as({ year: 'numeric', month: '2-digit', day: '2-digit' }))
    .replaceAll(/\{date_short(?:_pretty)?\}/g, as({ dateStyle: 'medium' }))
    .replaceAll(/\{date_long(?:_pretty)?\}/g, as({ dateStyle: 'full' }))
    .replaceAll(/\{date(?:_pretty)?\}/g, as({ dateStyle: 'long' }))
    .replaceAll(/\{time_secs\}/g, as({ timeStyle: 'medium' }))
    .replaceAll(/\{time\}/g, as({ timeStyle: 'short' }));
}
