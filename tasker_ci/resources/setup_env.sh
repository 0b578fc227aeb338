# The environment of the later steps, from the table in .config/tasker-ci.toml. What the job has set
# already wins; keys are made for the job, and masked before anything is exported.
# shellcheck disable=SC1003,SC2016 # the literals are text
set -euo pipefail

# Looked at before this script has a variable of its own.
#: given
given=$'\n'$(compgen -e)$'\n'

assignments=''
names=''
summary=''
literals=()

stop() { # stop MESSAGE: the step fails
  printf '::error::%s\n' "$1"
  exit 1
}

is_given() { # is_given NAME: whether the job has set it
  [[ $given == *$'\n'"$1"$'\n'* ]]
}

note() { # note LINE: for the summary
  summary+="  $1"$'\n'
}

escaped() { # escaped TEXT: on one line, as workflow commands take it
  local text=${1//%/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

mask() { # mask VALUE: no log shows its lines; a marker or a short line would blot out other text
  local line rest=$1$'\n'
  while [[ -n $rest ]]; do
    line=${rest%%$'\n'*}
    rest=${rest#*$'\n'}
    line=${line%$'\r'}
    if ((${#line} >= 8)) && [[ $line == *[![:space:]]* && $line != -----*----- ]]; then
      printf '::add-mask::%s\n' "$(escaped "$line")"
    fi
  done
}

assign() { # assign NAME VALUE: for the later steps
  local block delimiter
  delimiter=ghadelimiter_$(openssl rand -hex 16)
  if [[ $2 == *"$delimiter"* ]]; then
    stop "The value of $1 contains the delimiter that was drawn for it."
  fi
  printf -v block '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter"
  assignments+=$block
  names+=" $1"
}

literal() { # literal NAME VALUE
  local shown
  if is_given "$1"; then
    note "$1: as the job has set it"
    return
  fi
  assign "$1" "$2"
  literals+=("$1=$2")
  printf -v shown '%s=%q' "$1" "$2"
  note "$shown"
}

key() { # key NAME GIVEN MADE
  if [[ -n $2 ]]; then
    mask "$2"
    note "$1: as the job has set it"
  elif [[ -n $3 ]]; then
    mask "$3"
    assign "$1" "$3"
    note "$1: made for this job"
  else
    note "$1: none, because the job has set the public key alone"
  fi
}

public_of() { # public_of PRIVATE: prints the public key, and a dot that keeps its last newline
  printf '%s' "$1" | openssl pkey -passin pass: -pubout 2>"$scratch/log" && printf .
}

private='' public=''
make_pair() { # make_pair PRIVATE_NAME GIVEN_PRIVATE GIVEN_PUBLIC: what the job lacks of a pair
  if [[ -n $2 ]]; then
    if [[ -z $3 ]]; then
      public=$(public_of "$2") || stop "$1 is set, but is no private key in PEM form."
    fi
  elif [[ -z $3 ]]; then
    private=$(
      openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>"$scratch/log" && printf .
    ) || stop "openssl makes no RSA key: $(last_line)"
    private=${private%.}
    public=$(public_of "$private") || stop "openssl makes no public key: $(last_line)"
  fi
  public=${public%.}
}

api_key() { # api_key NAME GIVEN
  local made
  made=$(openssl rand -hex 32)
  key "$1" "$2" "$made"
}

chosen() { # chosen KEY NAME…: what cargo takes, in found, and who says it, in found_in
  local key=$1 name file line pattern
  shift
  for name; do
    if is_given "$name"; then
      found=${!name} found_in="the variable $name"
      if [[ $name == CARGO_* && $found == */* && $found != /* ]]; then
        found=$top/$found
      fi
      return
    fi
  done
  pattern="^([^#]*[^-_[:alnum:]#])?${key}[\"']?[[:space:]]*=[[:space:]]*[\"']([^\"']*)[\"']"
  for file in ${configurations[@]+"${configurations[@]}"}; do
    while IFS= read -r line || [[ -n $line ]]; do
      if [[ $line =~ $pattern ]]; then
        found=${BASH_REMATCH[2]} found_in="$key in $file"
        if [[ $found == */* && $found != /* ]]; then # relative to the folder that .cargo is in
          file=${file%/*}
          found=${file%/*}/$found
        fi
        return
      fi
    done <"$file"
  done
  found='' found_in=''
}

configurations=()
add_configuration() { # add_configuration FOLDER: cargo's file there, and what it may include
  local file=$1/config each line
  [[ -f $file ]] || file=$1/config.toml
  [[ -f $file ]] || return 0
  configurations+=("$file")
  # shellcheck disable=SC2094 # its name is compared, nothing is written
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^[[:space:]]*include ]]; then
      for each in "$1"/*.toml; do
        [[ $each == "$file" || ! -f $each ]] || configurations+=("$each")
      done
    elif [[ $line =~ ^[^#]*SCCACHE_ ]]; then
      sets_sccache=$file
    fi
  done <"$file"
}

become() { # become COMMAND…: with the literals, as cargo will run it; for a subshell
  cd "$top" 2>/dev/null || : # where cargo and rustup look for their files
  exec env ${literals[@]+"${literals[@]}"} "$@" >"$scratch/log" 2>&1 </dev/null
}

within() { # within SECONDS COMMAND…
  local child tenths=$(($1 * 10))
  shift
  "$@" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    if ((tenths-- == 0)); then
      kill -KILL "$child"
      printf '\nno answer in time\n' >>"$scratch/log"
      break
    fi
    sleep 0.1
  done
  wait "$child" 2>/dev/null
}

last_line() { # the last line of what the last program has printed
  local line last='no reason given'
  while IFS= read -r line || [[ -n $line ]]; do
    [[ -z $line ]] || last=$line
  done <"$scratch/log"
  printf '%s' "$last"
}

[[ -n ${GITHUB_ENV-} ]] || stop 'GITHUB_ENV is not set: this runs in a step of GitHub Actions.'
command -v openssl >/dev/null || stop 'openssl is not installed; it makes the keys of the job.'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

workspace=.
sccache=${INPUT_SCCACHE:-auto}
[[ $sccache == auto || $sccache == off ]] || stop 'The input sccache takes auto or off.'
#: choices

#: literals

#: keys

# sccache is asked as cargo will call it, and only what has answered may wrap the compiler: without
# its server every compilation would fail. A wrapper that the project has chosen stays.
top=$PWD sets_sccache=''
[[ $workspace == . ]] || top=$PWD/$workspace
folder=$top
while [[ -n $folder ]]; do
  add_configuration "$folder/.cargo"
  folder=${folder%/*}
done
add_configuration "${CARGO_HOME:-${HOME-}/.cargo}"

chosen rustc-wrapper RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER
# shellcheck disable=SC2034 # read by their names below
general=$found general_in=$found_in
chosen rustc-workspace-wrapper RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER
# shellcheck disable=SC2034 # read by their names below
members=$found members_in=$found_in
chosen rustc RUSTC CARGO_BUILD_RUSTC
whole=() plain=() asked='' other=''
for each in general members; do
  [[ -n ${!each} ]] || continue
  whole+=("${!each}")
  if [[ ${!each##*/} == sccache ]]; then
    [[ -n $asked ]] || asked=$each
  else
    plain+=("${!each}")
    name=${each}_in
    [[ -n $other ]] || other="${!each} (${!name})"
  fi
done
whole+=("${found:-rustc}")
plain+=("${found:-rustc}")

answered=no
if [[ -z $asked && $sccache == off ]]; then
  note 'sccache: off'
  # The sessions ask sccache themselves.
  is_given TASKER_CI_SCCACHE || assign TASKER_CI_SCCACHE off
elif [[ -z $asked && -n $other ]]; then
  note "sccache: not used, because cargo compiles through $other"
elif [[ -z $asked && -n $general_in ]]; then
  note "sccache: switched off by $general_in"
elif [[ -n $sets_sccache ]]; then # its server would keep what it starts with here
  note "sccache: left to the sessions, because $sets_sccache sets its variables"
else
  [[ -n $asked ]] || whole=(sccache "${whole[@]}")
  # The first call may make rustup install a toolchain, which takes its time.
  compiler=works
  (become "${plain[@]}" -vV) || compiler="rustc does not start ($(last_line))"
  if within 30 become "${whole[@]}" -vV; then
    answered=yes
    note 'sccache: answers'
  else
    reason="sccache does not answer ($(last_line))"
    [[ $compiler == works ]] || reason=$compiler
    printf '::warning::%s. Compiling without sccache.\n' "$(escaped "$reason")"
    note 'sccache: does not answer'
    case $asked in
      general) assign RUSTC_WRAPPER '' ;;
      members) assign RUSTC_WORKSPACE_WRAPPER '' ;;
    esac
  fi
fi
if [[ $answered == yes && -n $asked ]] && ! is_given RUSTC_WRAPPER; then
  given+=$'RUSTC_WRAPPER\n' # cargo's configuration says it
fi
if [[ $answered == yes ]]; then
  : what applies once sccache has answered
  #: sccache
fi

# Sessions remove the listed variables that change output. What the job has set is not listed.
if [[ -n $names ]]; then
  earlier=${TASKER_CI_SET-} # by this action, earlier in the job
  earlier=${earlier//[![:alnum:]_]/ }
  assign TASKER_CI_SET "${earlier:+$earlier }${names# }"
fi

# In one piece: a step that fails before has exported nothing.
{ printf '%s' "$assignments"; } >>"$GITHUB_ENV"

token=$(openssl rand -hex 16)
printf 'Environment of the later steps:\n::stop-commands::%s\n' "$token"
printf '%s::%s::\n' "$summary" "$token"
