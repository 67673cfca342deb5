# ./caravan demo: sourced by the launcher. The product page's manifests and its curl commands, answered by an emulator of
# the two providers that speaks HTTPS on loopback.

demo_port=${CARAVAN_PORT:-15001}
demo_management_port=${CARAVAN_MANAGEMENT_PORT:-15020}
demo_unexpected=0

demo() {
  local once=
  while [ $# -gt 0 ]; do
    case $1 in
      --once) once=1 ;;
      *) fail "demo knows no option $1 (it knows --once)" 2 ;;
    esac
    shift
  done
  command -v curl >/dev/null || fail "the demo needs curl; install it with your package manager"
  find_jdk
  build_application
  build_emulator
  mkdir -p "$logs"
  trap stop_processes EXIT
  trap 'exit 130' INT TERM
  demo_start_emulator
  demo_start_caravan
  demo_situations
  demo_table
  [ "$demo_unexpected" -eq 0 ] || fail "the answers are not as the product page has them"
  [ -z "$once" ] || return 0
  cat <<TXT

Caravan stays up. Try: http_proxy=http://127.0.0.1:$demo_port curl -N http://demo-llm-server -H 'Content-Type: application/json' -d '{"stream": true, "messages": [{"role": "user", "content": "Please introduce yourself."}]}'
Ctrl-C ends it.
TXT
  wait
}

demo_start_emulator() {
  local log=$logs/emulator.log
  : >"$log"
  "$JAVA_HOME/bin/java" -Xmx128m "${java_flags[@]}" -cp "$home/integration-tests/target/classes:$home/integration-tests/target/lib/*" \
    dev.caravan.emulator.Main --port 0 --ca "$logs/emulator-ca.pem" >"$log" 2>&1 &
  processes+=($!)
  await_line $! "$log" '^emulator ready on ' "the provider emulator"
  demo_provider=$(sed -n 's,^emulator ready on https://,,p' "$log" | head -n 1)
}

demo_start_caravan() {
  local log=$logs/caravan.log
  : >"$log"
  "$JAVA_HOME/bin/java" -Xmx128m "${java_flags[@]}" -jar "$home/target/caravan-runner.jar" run "$home/examples/product-page" \
    --port "$demo_port" --management-port "$demo_management_port" --ca "$logs/emulator-ca.pem" \
    --resolve "dashscope.aliyuncs.com=$demo_provider" --resolve "api.moonshot.cn=$demo_provider" >"$log" 2>&1 &
  processes+=($!)
  await_line $! "$log" 'caravan ready on ' "Caravan"
  echo "Caravan serves examples/product-page on http://127.0.0.1:$demo_port; the providers are emulated at https://$demo_provider"
}

# demo_curl HOST [HEADER]: the page's command; the answer is left in demo_answer.
demo_curl() {
  local headers=(--header 'Content-Type: application/json')
  [ $# -lt 2 ] || headers+=(--header "$2")
  demo_answer=$(env -u no_proxy -u NO_PROXY http_proxy="http://127.0.0.1:$demo_port" \
    curl --silent --show-error --max-time 30 --location "http://$1" "${headers[@]}" --data '{
    "messages": [
      {"role": "user", "content": "Please introduce yourself."}
    ]
  }')
}

demo_show() {
  printf '\n$ http_proxy=http://127.0.0.1:%s curl --location '\''http://%s'\'' \\\n' "$demo_port" "$1"
  printf "    --header 'Content-Type: application/json' \\\\\n"
  [ $# -lt 2 ] || printf "    --header '%s' \\\\\n" "$2"
  printf "    --data '{\n      \"messages\": [\n        {\"role\": \"user\", \"content\": \"Please introduce yourself.\"}\n      ]\n    }'\n"
}

demo_model() {
  sed -n 's/.*"model": *"\([^"]*\)".*/\1/p' <<<"$demo_answer" | head -n 1
}

demo_who() {
  sed -n 's/.*\(Qwen\|Kimi\).*/\1/p' <<<"$demo_answer" | head -n 1
}

# demo_single TITLE EXPECTED_MODEL HOST [HEADER]
demo_single() {
  local title=$1 expected=$2
  shift 2
  demo_show "$@"
  demo_curl "$@"
  echo "$demo_answer"
  demo_row "$title" "$(demo_who)" "$(demo_model)" 1
  [ "$(demo_model)" = "$expected" ] || demo_unexpected=1
}

demo_rows=()

demo_row() {
  demo_rows+=("$(printf '%-34s %-8s %-20s %8s' "$@")")
}

demo_situations() {
  demo_single "direct call" qwen1.5-72b-chat dashscope.aliyuncs.com
  demo_single "header rule, user-type: subscriber" qwen-turbo dashscope.aliyuncs.com 'user-type: subscriber'
  demo_single "header rule, without the header" qwen1.5-72b-chat dashscope.aliyuncs.com
  demo_split
}

demo_split() {
  local call qwen=0 kimi=0
  demo_show demo-llm-server
  for call in $(seq 40); do
    demo_curl demo-llm-server
    [ "$call" -gt 2 ] || echo "$demo_answer"
    case $(demo_model) in
      qwen1.5-72b-chat) qwen=$((qwen + 1)) ;;
      moonshot-v1-8k) kimi=$((kimi + 1)) ;;
      *) demo_unexpected=1 ;;
    esac
  done
  echo "... the same forty times"
  demo_row "weighted split 50/50, forty calls" Qwen qwen1.5-72b-chat "$qwen"
  demo_row "" Kimi moonshot-v1-8k "$kimi"
  [ "$qwen" -ge 8 ] && [ "$kimi" -ge 8 ] && [ $((qwen + kimi)) -eq 40 ] || demo_unexpected=1
}

demo_table() {
  printf '\n%-34s %-8s %-20s %8s\n' "situation" "answer" "model" "answers"
  printf '%s\n' "${demo_rows[@]}"
}
