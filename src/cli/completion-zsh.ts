/**
 * Completion in zsh.
 *
 * @module
 */
import type { Completed, CompletedCommand, CompletedFlag, CompletedProgram } from './completion.ts';
import { PROGRAMS, quoted } from './completion.ts';

/** A script to be sourced after compinit, or to be kept as `_resource_policy` in a folder of $fpath. */
export function zshScript({ flags, commands }: CompletedProgram): string {
  return `#compdef ${PROGRAMS.join(' ')}
# zsh completion of resource-policy; made by: resource-policy completion zsh
_resource_policy() {
  local -a commands
  if (( CURRENT == 2 )) && [[ $words[2] == -* ]]; then
    _arguments ${flags.map(flagSpec).join(' ')}
    return
  fi
  if (( CURRENT == 2 )); then
    commands=(
${commands.map(({ name, description }) => `      ${quoted(`${name}:${description}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  shift words
  (( CURRENT -= 1 ))
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _resource_policy ]]; then
  _resource_policy "$@"
else
  compdef _resource_policy ${PROGRAMS.join(' ')}
fi
`;
}

function commandCase({ name, flags, operands }: CompletedCommand): string {
  const specs = [...flags.map(flagSpec), quoted(`*:${action('operand', operands)}`)];
  return `    ${name}) _arguments -S \\\n${specs.map((spec) => `      ${spec}`).join(' \\\n')} ;;`;
}

/** Given once, under one of its names. */
function flagSpec({ names, description, value }: CompletedFlag): string {
  const explained = `[${description.replaceAll(/[[\]\\]/g, String.raw`\$&`)}]`;
  const rest = explained + (value === undefined ? '' : `:${action(value.name, value.of)}`);
  const others = `(${names.join(' ')})`;
  return names
    .map((name) =>
      quoted(`${others}${name}${value !== undefined && name.startsWith('--') ? '=' : ''}${rest}`),
    )
    .join(' ');
}

function action(name: string, of: Completed): string {
  const message = name.replaceAll(':', String.raw`\:`);
  if (of === 'files') return `${message}:_files`;
  return of === 'anything' ? `${message}: ` : `${message}:(${of.join(' ')})`;
}
