// The Markdown pages of the project: their links, the anchors of their headings, and their code blocks.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import GithubSlugger from 'github-slugger';
import type { Nodes, Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { toString as textOf } from 'mdast-util-to-string';
import { gfm } from 'micromark-extension-gfm';
import { visit } from 'unist-util-visit';
import { parseNewPages } from './page-cache.ts';

/** The folder of the project. */
export const ROOT = join(import.meta.dirname, '../../..');

const CACHE_FILE = join(ROOT, 'node_modules/.cache/markdown-pages.json');

/** A link of a page, with the line where it begins. */
export type Link = { readonly url: string; readonly line: number };

/** A heading, with the anchor that GitHub gives it. */
export type Heading = { readonly text: string; readonly anchor: string };

/** A fenced code block, with the line of its fence and the HTML comments directly above it. */
export type CodeBlock = {
  readonly language: string;
  readonly code: string;
  readonly line: number;
  readonly comments: readonly string[];
};

/** The parts of a page that tests read. */
export type Page = {
  /** The path from the project's folder. */
  readonly path: string;
  readonly links: readonly Link[];
  readonly headings: readonly Heading[];
  readonly blocks: readonly CodeBlock[];
};

let allPages: readonly Page[] | undefined;

/** Returns all pages of the project, sorted by path. They are read once. */
export function readPages(): readonly Page[] {
  allPages ??= readAllPages();
  return allPages;
}

function readAllPages(): Page[] {
  const paths = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', '{apps,packages}/*/*.md'], {
    cwd: ROOT,
    exclude: ['**/node_modules/**'],
  });
  const sources = paths.sort().map((path) => ({ path, text: readText(path) }));
  // The parsed form of a page depends on this file and on the versions of the libraries.
  const version = [import.meta.filename, 'package-lock.json'].map(readText).join('\n');
  return parseNewPages(
    CACHE_FILE,
    createHash('sha256').update(version).digest('hex'),
    sources,
    parsePage,
  );
}

/** Reads a file at a path from the project's folder. */
function readText(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}

/** Parses the text of a page. */
export function parsePage(path: string, text: string): Page {
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  return { path, links: linksOf(tree), headings: headingsOf(tree), blocks: blocksOf(tree) };
}

function linksOf(tree: Root): Link[] {
  const links: Link[] = [];
  visit(tree, (node) => {
    if (node.type === 'link' || node.type === 'image' || node.type === 'definition')
      links.push({ url: node.url, line: lineOf(node) });
  });
  return links;
}

function headingsOf(tree: Root): Heading[] {
  const slugger = new GithubSlugger();
  const headings: Heading[] = [];
  visit(tree, 'heading', (node) => {
    const text = textOf(node);
    headings.push({ text, anchor: slugger.slug(text) });
  });
  return headings;
}

function blocksOf(tree: Root): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  visit(tree, 'code', (node, index, parent) => {
    const comments = commentsAbove(parent?.children ?? [], index ?? 0);
    blocks.push({ language: node.lang ?? '', code: node.value, line: lineOf(node), comments });
  });
  return blocks;
}

/** Returns the texts of the HTML comments directly above a node, in the order of the page. */
function commentsAbove(siblings: readonly RootContent[], index: number): string[] {
  const node = siblings[index - 1];
  if (node?.type !== 'html') return [];
  const texts = [...node.value.matchAll(/<!--([\s\S]*?)-->/g)].map(([, text = '']) => text.trim());
  return [...commentsAbove(siblings, index - 1), ...texts];
}

function lineOf(node: Nodes): number {
  return node.position?.start.line ?? 0;
}
