/** One text model per tab, kept while the page lives: undo, cursor and scroll position survive a change of tab or page. */
import { monaco, languageId } from './monaco.ts';
import { editTab, tabStore } from './tab-store.ts';

interface Kept {
  readonly model: monaco.editor.ITextModel;
  view: monaco.editor.ICodeEditorViewState | null;
}
const kept = new Map<string, Kept>();

export const modelOf = (tabId: string): Kept => {
  const found = kept.get(tabId);
  if (found !== undefined) return found;
  const sql = tabStore.get().tabs.find((tab) => tab.id === tabId)?.sql ?? '';
  const model = monaco.editor.createModel(sql, languageId);
  model.onDidChangeContent(() => editTab(tabId, model.getValue()));
  const created: Kept = { model, view: null };
  kept.set(tabId, created);
  return created;
};

/** Closed tabs give their memory back; a text that was changed from outside (an opened query) reaches its model. */
tabStore.subscribe(() => {
  const { tabs } = tabStore.get();
  for (const [id, { model }] of kept) {
    const tab = tabs.find((each) => each.id === id);
    if (tab === undefined) {
      kept.delete(id);
      model.dispose();
    } else if (tab.sql !== model.getValue()) model.setValue(tab.sql);
  }
});
