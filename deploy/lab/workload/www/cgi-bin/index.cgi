#!/bin/sh
# The page of every example service. PAGE_TITLE goes in front, DELAY_MS makes it slow, BROKEN makes it fail.
if [ -n "$DELAY_MS" ]; then usleep "$((DELAY_MS * 1000))"; fi
if [ -n "$BROKEN" ]; then printf 'Status: 500 Internal Server Error\r\n'; fi
printf 'Content-Type: text/plain\r\n\r\n'
echo "${PAGE_TITLE:+$PAGE_TITLE: }${SERVICE:-service} ${BUILD:-} on $(hostname)"
