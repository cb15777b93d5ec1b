import { computed } from '@preact/signals'
import { formatsOf } from '../format.ts'
import { language } from '../state/preferences.ts'

export const formats = computed(() => formatsOf(language.value))
