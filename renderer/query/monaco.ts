/**
 * Monaco, only what an SQL editor needs: the core, one language, a few features. All of it is served from this origin; its
 * one worker (word links and diffs, which it wants to exist) is a file, as the policy demands.
 */
import 'monaco-editor/editor/browser/coreCommands';
import 'monaco-editor/editor/contrib/caretOperations/browser/caretOperations';
import 'monaco-editor/editor/contrib/find/browser/findController';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController';
import 'monaco-editor/features/bracketMatching/register';
import 'monaco-editor/features/caretOperations/register';
import 'monaco-editor/features/clipboard/register';
import 'monaco-editor/features/codeEditor/register';
import 'monaco-editor/features/codicon/register';
import 'monaco-editor/features/comment/register';
import 'monaco-editor/features/cursorUndo/register';
import 'monaco-editor/features/find/register';
import 'monaco-editor/features/hover/register';
import 'monaco-editor/features/indentation/register';
import 'monaco-editor/features/linesOperations/register';
import 'monaco-editor/features/multicursor/register';
import 'monaco-editor/features/smartSelect/register';
import 'monaco-editor/features/snippet/register';
import 'monaco-editor/features/suggest/register';
import 'monaco-editor/features/tokenization/register';
import 'monaco-editor/features/wordHighlighter/register';
import 'monaco-editor/features/wordOperations/register';
import 'monaco-editor/languages/definitions/pgsql/register';
import * as monaco from 'monaco-editor/editor/editor.api';
import type { Completion } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { statementAt } from './statements.ts';

/** DuckDB's grammar is PostgreSQL's, grown. */
export const languageId = 'pgsql';

self.MonacoEnvironment = {
  getWorker: () => new Worker(new URL('./editor.worker.ts', import.meta.url), { type: 'module' }),
};

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const hex = (name: string): string => token(name).slice(1);

/** The editor's theme from the page's own colours: read anew whenever they change. */
export const applyTheme = (scheme: 'light' | 'dark'): void => {
  monaco.editor.defineTheme('tiffin', {
    base: scheme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: '', foreground: hex('--text-1') },
      { token: 'keyword', foreground: hex('--accent') },
      { token: 'predefined', foreground: hex('--series-6') },
      { token: 'operator', foreground: hex('--text-2') },
      { token: 'delimiter', foreground: hex('--text-2') },
      { token: 'string', foreground: hex('--series-2') },
      { token: 'number', foreground: hex('--series-7') },
      { token: 'comment', foreground: hex('--text-3') },
    ],
    colors: {
      'editor.background': token('--ground-0'),
      'editor.foreground': token('--text-1'),
      'editor.lineHighlightBackground': token('--ground-1'),
      'editor.lineHighlightBorder': '#00000000',
      'editor.selectionBackground': token('--selection'),
      'editorLineNumber.foreground': token('--line-3'),
      'editorLineNumber.activeForeground': token('--text-2'),
      'editorCursor.foreground': token('--accent'),
      'editorWidget.background': token('--ground-2'),
      'editorWidget.border': token('--line-3'),
      'editorSuggestWidget.background': token('--ground-2'),
      'editorSuggestWidget.border': token('--line-3'),
      'editorSuggestWidget.selectedBackground': token('--accent-ground'),
      'editorSuggestWidget.selectedForeground': token('--text-1'),
      'editorSuggestWidget.highlightForeground': token('--accent'),
      'editorSuggestWidget.focusHighlightForeground': token('--accent'),
      'editorHoverWidget.background': token('--ground-2'),
      'editorHoverWidget.border': token('--line-3'),
      'editorError.foreground': token('--fault'),
      'list.hoverBackground': token('--ground-3'),
      'scrollbar.shadow': '#00000000',
      'scrollbarSlider.background': `${token('--line-3')}66`,
      'scrollbarSlider.hoverBackground': `${token('--line-3')}aa`,
      'input.background': token('--ground-1'),
      'input.border': token('--line-2'),
      focusBorder: token('--accent'),
    },
  });
  monaco.editor.setTheme('tiffin');
};

const kinds: Readonly<Record<Completion['kind'], monaco.languages.CompletionItemKind>> = {
  keyword: monaco.languages.CompletionItemKind.Keyword,
  table: monaco.languages.CompletionItemKind.Struct,
  column: monaco.languages.CompletionItemKind.Field,
  function: monaco.languages.CompletionItemKind.Function,
  schema: monaco.languages.CompletionItemKind.Module,
};

/** Asks about the statement at the cursor only: the others of the script have nothing to say about it. */
const completionsAt = async (
  model: monaco.editor.ITextModel,
  position: monaco.Position,
): Promise<monaco.languages.CompletionItem[]> => {
  const script = model.getValue();
  const cursor = model.getOffsetAt(position);
  const around = statementAt(script, cursor);
  const start = around !== undefined && around.start <= cursor ? around.start : cursor;
  const end = around !== undefined && around.start <= cursor ? Math.max(around.end, cursor) : cursor;
  const found = await api.query.complete.query({ sql: script.slice(start, end), cursor: cursor - start });
  return found.map((item, index) => ({
    label: item.detail === undefined ? item.text : { label: item.text, description: item.detail },
    kind: kinds[item.kind],
    insertText: item.text,
    filterText: item.text,
    sortText: String(index).padStart(4, '0'),
    range: monaco.Range.fromPositions(model.getPositionAt(start + item.start), position),
  }));
};

monaco.languages.registerCompletionItemProvider(languageId, {
  triggerCharacters: ['.'],
  provideCompletionItems: async (model, position) => {
    try {
      return { suggestions: await completionsAt(model, position), incomplete: true };
    } catch (error) {
      // No completion is no reason to disturb who types; the banner tells when the connection is gone.
      console.debug('No completions', error);
      return { suggestions: [] };
    }
  },
});

export { monaco };
