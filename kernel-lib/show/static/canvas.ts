import type { DomWindow } from './dom';
import { encodePng } from './encode-png';

interface Canvas {
  width: number;
  height: number;
  getContext(kind: string): Context | null;
}

interface ImageData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Gives a window's canvases the little that plotly draws heatmaps with: filled rectangles, copied pixels, a PNG of both. */
export function giveCanvas(window: DomWindow): void {
  const contexts = new WeakMap<Canvas, Context>();
  Object.assign(window.HTMLCanvasElement.prototype, {
    getContext(this: Canvas, kind: string): Context | null {
      if (kind !== '2d') return null;
      const context = contexts.get(this) ?? new Context(this);
      contexts.set(this, context);
      return context;
    },
    toDataURL(this: Canvas): string {
      const png = encodePng({ width: this.width, height: this.height, rgba: (this.getContext('2d') as Context).pixels() });
      return `data:image/png;base64,${png.toString('base64')}`;
    },
  });
}

class Context {
  fillStyle = '#000';
  private held = new Uint8ClampedArray(0);

  constructor(private readonly canvas: Canvas) {}

  /** RGBA, anew when the canvas has changed its size. */
  pixels(): Uint8ClampedArray {
    const size = 4 * this.canvas.width * this.canvas.height;
    if (this.held.length !== size) this.held = new Uint8ClampedArray(size);
    return this.held;
  }

  createImageData(width: number, height: number): ImageData {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  putImageData({ width, height, data }: ImageData, left: number, top: number): void {
    const pixels = this.pixels();
    for (let y = 0; y < height; y++)
      pixels.set(data.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((top + y) * this.canvas.width + left));
  }

  fillRect(left: number, top: number, width: number, height: number): void {
    const pixels = this.pixels();
    const colour = rgba(this.fillStyle);
    const [right, bottom] = [Math.min(this.canvas.width, left + width), Math.min(this.canvas.height, top + height)];
    for (let y = Math.max(0, Math.trunc(top)); y < bottom; y++)
      for (let x = Math.max(0, Math.trunc(left)); x < right; x++) pixels.set(colour, 4 * (y * this.canvas.width + x));
  }
}

/** `rgba(1,2,3,0.5)` as four bytes; black where it is anything else. */
function rgba(style: string): number[] {
  const [r = 0, g = 0, b = 0, a = 1] = /rgba?\(([^)]*)\)/.exec(style)?.[1]?.split(',').map(Number) ?? [];
  return [r, g, b, Math.round(255 * a)];
}
