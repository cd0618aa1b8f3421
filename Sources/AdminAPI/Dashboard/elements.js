// The page's elements. Text is only ever put in as text.

export const byID = id => document.getElementById(id)

/** A new element: attributes that are false or null are left out, children are elements or texts. */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children)
}

const SVG = 'http://www.w3.org/2000/svg'

export function graphic(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children)
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) node.setAttribute(name, value)
  }
  node.append(...children)
  return node
}

/** Sets a text where it differs, so that nothing is read out or selected anew without need. */
export function write(node, text) {
  const target = typeof node === 'string' ? byID(node) : node
  if (target.textContent !== text) target.textContent = text
}

/** Shows or hides. */
export function show(node, isShown) {
  const target = typeof node === 'string' ? byID(node) : node
  if (target.hidden === isShown) target.hidden = !isShown
}

/** A list of terms and what they are. */
export function writeFacts(list, facts) {
  const rows = facts.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text)))
  const same = list.children.length === rows.length && rows.every((row, i) => row.isEqualNode(list.children[i]))
  if (!same) list.replaceChildren(...rows)
}

let silence

/** Says for all to see and hear what was done or happened. */
export function say(text) {
  write('say', text)
  clearTimeout(silence)
  silence = setTimeout(() => write('say', ''), 8000)
}
