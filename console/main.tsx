import './styles/index.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { restore } from './state/session.ts'

void restore()
// Defined in index.html.
render(<App />, document.getElementById('app') as HTMLElement)
