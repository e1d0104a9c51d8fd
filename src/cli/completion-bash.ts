/**
 * Completion in bash, from 3.2 on, which macOS has.
 *
 * @module
 */
import type { Completed, CompletedCommand, CompletedProgram } from './completion.ts';
import { PROGRAMS } from './completion.ts';

/** A script to be sourced. */
export function bashScript({ flags, commands }: CompletedProgram): string {
  const first = [...commands.map(({ name }) => name), ...flags.flatMap(({ names }) => names)];
  return `# bash completion of resource-policy; made by: resource-policy completion bash
_resource_policy() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  # bash takes --flag=value for three words.
  if [[ $current == = ]]; then current=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then words=${inDoubleQuotes(first)}
  else
    case "\${COMP_WORDS[1]} $before" in
${commands.flatMap(valueCases).map(indented(6)).join('\n')}
      *)
        case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(wordCases).map(indented(10)).join('\n')}
        esac ;;
    esac
  fi
  # Where there are words, files are none of them.
  compopt +o default 2>/dev/null
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _resource_policy ${PROGRAMS.join(' ')}
`;
}

/** What follows a flag. */
function valueCases({ name, flags }: CompletedCommand): readonly string[] {
  return flags.flatMap(({ names, value }) =>
    value === undefined
      ? []
      : [`${names.map((flag) => `"${name} ${flag}"`).join('|')}) ${completing(value.of)} ;;`],
  );
}

/** What begins as a flag does, or else is an operand. */
function wordCases({ name, flags, operands }: CompletedCommand): readonly string[] {
  const spelt = flags.flatMap(({ names }) => names);
  return [
    `"${name} -"*) words=${inDoubleQuotes(spelt)} ;;`,
    `"${name} "*) ${completing(operands.length === 0 ? spelt : operands)} ;;`,
  ];
}

function completing(of: Completed): string {
  // Readline completes files when there is nothing else.
  if (of === 'files') return 'return';
  return of === 'anything' ? ':' : `words=${inDoubleQuotes(of)}`;
}

function inDoubleQuotes(words: readonly string[]): string {
  return `"${words.join(' ')}"`;
}

function indented(columns: number): (line: string) => string {
  return (line) => ' '.repeat(columns) + line;
}
