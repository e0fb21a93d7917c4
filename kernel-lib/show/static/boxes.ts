import { type Box, parseTransform, transformed, union } from './affine';
import type { DomElement, DomWindow } from './dom';
import type { TextWidth } from './text-width';

// Heights of DejaVu Sans in font sizes, and the lines of plotly's labels.
const ASCENT = 0.93;
const HEIGHT = 1.17;
const LINE = 1.3;

/** Gives a window's elements sizes, which jsdom leaves at 0: plotly lays out by them. */
export function giveBoxes(window: DomWindow, width: TextWidth): void {
  const measure = measurer(window, width);
  Object.assign(window.SVGElement.prototype, {
    getBBox(this: DomElement) {
      return rectangle(measure(this));
    },
    getComputedTextLength(this: DomElement) {
      return rectangle(measure(this)).width;
    },
  });
  Object.assign(window.Element.prototype, {
    getBoundingClientRect(this: DomElement) {
      return rectangle(isDrawn(this) ? inPage(this, measure(this)) : styled(this));
    },
  });
}

function measurer(window: DomWindow, width: TextWidth): (element: DomElement) => Box | undefined {
  const measure = (element: DomElement): Box | undefined => {
    switch (element.localName) {
      case 'text':
      case 'tspan':
        return textBox(element, Number.parseFloat(window.getComputedStyle(element).fontSize ?? '') || 12, width);
      case 'rect':
      case 'image':
        return atCorner(number(element, 'x'), number(element, 'y'), number(element, 'width'), number(element, 'height'));
      default:
        return union([...element.children].flatMap((child) => moved(child, measure(child)) ?? []));
    }
  };
  return measure;
}

function textBox(element: DomElement, size: number, width: TextWidth): Box | undefined {
  const lines = [...element.querySelectorAll('tspan.line')].map((line) => line.textContent);
  const texts = lines.length > 0 ? lines : [element.textContent];
  const widest = Math.max(...texts.map((text) => width(text, size)));
  if (widest === 0) return undefined;
  const anchor = element.getAttribute('text-anchor') ?? element.style.textAnchor;
  const before = anchor === 'middle' ? widest / 2 : anchor === 'end' ? widest : 0;
  return atCorner(number(element, 'x') - before, number(element, 'y') - ASCENT * size, widest, (HEIGHT + (texts.length - 1) * LINE) * size);
}

function inPage(element: DomElement, box: Box | undefined): Box | undefined {
  let at = box;
  for (let e: DomElement | null = element; e && e.localName !== 'svg'; e = e.parentElement) at = moved(e, at);
  return at;
}

function moved(element: DomElement, box: Box | undefined): Box | undefined {
  return box && transformed(parseTransform(element.getAttribute('transform')), box);
}

function styled(element: DomElement): Box {
  const length = (name: string): number => Number.parseFloat(element.style[name] || (element.getAttribute(name) ?? '')) || 0;
  return atCorner(0, 0, length('width'), length('height'));
}

function isDrawn({ namespaceURI, localName }: DomElement): boolean {
  return namespaceURI.endsWith('svg') && localName !== 'svg';
}

function number(element: DomElement, name: string): number {
  return Number.parseFloat(element.getAttribute(name) ?? '') || 0;
}

function atCorner(left: number, top: number, width: number, height: number): Box {
  return { left, top, right: left + width, bottom: top + height };
}

function rectangle(
  box: Box = atCorner(0, 0, 0, 0),
): Box & { readonly x: number; readonly y: number; readonly width: number; readonly height: number } {
  return { ...box, x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
}
