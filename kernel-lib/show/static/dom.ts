// The few parts of a browser's page that drawing touches; jsdom brings no types, and the library is compiled without those of the DOM.

export interface DomElement {
  readonly localName: string;
  readonly namespaceURI: string;
  readonly textContent: string;
  readonly children: Iterable<DomElement>;
  readonly parentElement: DomElement | null;
  readonly style: Readonly<Record<string, string>>;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
  remove(): void;
}

export interface DomWindow {
  readonly document: { createElement(tag: string): DomElement; readonly body: { append(child: DomElement): void } };
  readonly Element: { readonly prototype: object };
  readonly SVGElement: { readonly prototype: object };
  readonly HTMLCanvasElement: { readonly prototype: object };
  readonly HTMLImageElement: { readonly prototype: object };
  readonly URL: { createObjectURL(): string; revokeObjectURL(): void };
  getComputedStyle(element: DomElement): Readonly<Record<string, string>>;
  eval(code: string): void;
}
