/** The topics that a member wants by regular expression. What was found out is kept: each heartbeat asks for all topics. */
import type { Topic } from '../catalog/catalog.ts';
import type { Pattern } from '../pattern.ts';

export class TopicPattern {
  private readonly pattern: Pattern;
  private readonly known = new WeakMap<Topic, boolean>();

  constructor(pattern: Pattern) {
    this.pattern = pattern;
  }

  get text(): string {
    return this.pattern.text;
  }

  includes(topic: Topic): boolean {
    const known = this.known.get(topic);
    if (known !== undefined) return known;
    const isIncluded = this.pattern.matches(topic.name);
    this.known.set(topic, isIncluded);
    return isIncluded;
  }
}
